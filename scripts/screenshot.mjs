// npm run screenshot: starts Telltale and the demo, waits, and takes the README's picture and others in e2e/shots.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { build, install, root } from './setup.mjs'

install()
build()
const bin = join(root, 'packages/telltale/bin/telltale.js')
const data = mkdtempSync(join(tmpdir(), 'telltale-shot-'))
const config = join(root, 'packages/telltale/src/demo/telltale.config.ts')
const port = Number(process.env.TELLTALE_PORT ?? 7675)
const children = [
  spawn(process.execPath, [bin, 'start', '--port', String(port), '--data', data, '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  }),
]
await new Promise(resolve => children[0].stdout.once('data', resolve))
const demo = [
  'demo',
  '--port',
  String(port),
  '--seed',
  '7',
  '--backfill',
  '20m',
  '--rate',
  '30',
  '--incident',
  'parse-query-string',
]
children.push(spawn(process.execPath, [bin, ...demo], { stdio: 'inherit' }))
await new Promise(resolve => setTimeout(resolve, Number(process.env.SHOT_AFTER ?? 75) * 1000))

const browser = await chromium.launch({
  executablePath: process.env.TELLTALE_BROWSER ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
mkdirSync(join(root, 'e2e/shots'), { recursive: true })
mkdirSync(join(root, 'docs/images'), { recursive: true })
const views = [
  ['docs/images/telltale.png', 1440, 900, 'dark', '/'],
  ['e2e/shots/wide-light.png', 1600, 1000, 'light', '/'],
  ['e2e/shots/wide-dark.png', 1600, 1000, 'dark', '/'],
  ['e2e/shots/narrow-light.png', 390, 844, 'light', '/'],
  ['e2e/shots/narrow-dark.png', 390, 844, 'dark', '/'],
]
for (const [file, width, height, colorScheme, path] of views) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme })
  await page.goto(`http://127.0.0.1:${port}${path}`)
  await page.waitForTimeout(4000)
  await page.screenshot({ path: join(root, file) })
  await page.close()
  console.log(file)
}
await browser.close()
for (const child of children) child.kill('SIGTERM')
await new Promise(resolve => children[0].once('exit', resolve))
rmSync(data, { recursive: true, force: true })
