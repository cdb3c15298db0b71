// npm test: install, build, check and test everything. A browser is installed where we may, else asked for.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, fail, install, root, run } from './setup.mjs'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

function browser() {
  if (process.env.TELLTALE_BROWSER || BROWSERS.some(existsSync)) return
  const apt = existsSync('/usr/bin/apt-get')
  if (!apt || process.getuid?.() !== 0)
    fail(
      'The tests need a browser. Install Chromium (Debian: apt-get install chromium), or name one in TELLTALE_BROWSER.',
    )
  console.error('Installing Chromium …')
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

install()
browser()
build()
const given = process.argv.slice(2)
if (given.length === 0) run('npm', ['run', '--silent', 'check'])
const outcome = join(root, '.telltale/tests.json')
const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${outcome}`, ...given]
const vitest = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
  cwd: root,
  stdio: 'inherit',
})
if (existsSync(outcome)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(outcome, 'utf8'))
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`)
}
process.exit(vitest.status ?? 1)
