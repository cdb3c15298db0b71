import { defaultClientConditions, defineConfig } from 'vite'

/** `TELLTALE=http://127.0.0.1:7575 npm run dev -w @telltale/web` serves the page from source against a running Telltale. */
const server = process.env.TELLTALE ?? 'http://127.0.0.1:7575'
const proxied = { target: server, changeOrigin: true, ws: true }

/** The page carries its own policy, whoever serves it: nothing inline, nothing from elsewhere. Not while developing: Vite puts styles inline. */
const POLICY = [
  "default-src 'none'",
  ...['script-src', 'style-src', 'img-src', 'connect-src'].map(kind => `${kind} 'self'`),
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')
const policy = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY }, injectTo: 'head-prepend' },
  ],
}

export default defineConfig({
  plugins: [policy],
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    // The server's content policy allows no inline script and no data: URL but images.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': proxied, '/healthz': proxied, '/readyz': proxied } },
})
