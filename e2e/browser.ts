import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Chromium usually is. `TELLTALE_BROWSER` names another. */
const USUAL = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** The browser to test with; undefined where there is none. */
export function findBrowser(): string | undefined {
  return [process.env['TELLTALE_BROWSER'] ?? '', ...USUAL].find(path => path !== '' && existsSync(path))
}

/** A browser that asks nobody but the page's own server. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findBrowser()
  if (executablePath === undefined) {
    throw new Error(
      'no browser found: install Chromium (Debian: apt-get install chromium), or name one in TELLTALE_BROWSER',
    )
  }
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet] })
}
