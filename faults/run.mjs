/**
 * `npm run test:faults -- --rounds N --seed S [--broken journal|dedup]`: see campaign.ts. Where the system allows it all of
 * it runs in namespaces of its own, so that a small disk can be mounted, and nothing that was started outlives it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'
import { build, install } from '../scripts/setup.mjs'

const self = fileURLToPath(import.meta.url)
const args = process.argv.slice(2)

if (process.env.TELLTALE_FAULTS_INSIDE === undefined) {
  if (!args.includes('--built')) {
    install()
    build()
  }
  process.exit(await inside(namespaces()))
}
const { module } = await runnerImport(fileURLToPath(new URL('campaign.ts', import.meta.url)), {
  configFile: false,
  logLevel: 'error',
})
process.exit(await module.campaign(args, process.env.TELLTALE_FAULTS_INSIDE))

/** What `unshare` is to be called with; undefined where this user or system has no namespaces. */
function namespaces() {
  const apart = ['--mount', '--propagation', 'private', '--pid', '--mount-proc', '--fork', '--kill-child']
  return [apart, ['--user', '--map-root-user', ...apart]].find(
    options => spawnSync('unshare', [...options, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0,
  )
}

/** Runs it again there, beneath a shell: as the first process it buries the orphans that kill -9 makes. */
async function inside(options) {
  const env = { ...process.env, TELLTALE_FAULTS_INSIDE: options === undefined ? 'no' : 'namespaces' }
  const [command, ...rest] =
    options === undefined
      ? [process.execPath, self, ...args]
      : ['unshare', ...options, 'sh', '-c', 'trap : INT; "$@"; exit $?', 'sh', process.execPath, self, ...args]
  process.on('SIGINT', () => {}) // it comes to an end by itself
  const [status] = await once(spawn(command, rest, { env, stdio: 'inherit' }), 'exit')
  return status ?? 1
}
