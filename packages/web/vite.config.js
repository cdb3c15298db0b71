import { defaultClientConditions, defineConfig } from 'vite'

/** `TELLTALE=http://127.0.0.1:7575 npm run dev -w @telltale/web` serves the page from source against a running Telltale. */
const server = process.env.TELLTALE ?? 'http://127.0.0.1:7575'
const proxied = { target: server, changeOrigin: true, ws: true }

export default defineConfig({
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
