// npm test: install, build, check and test everything. A browser is installed where we may, else asked for.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
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
const vitest = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...given], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(vitest.status ?? 1)
