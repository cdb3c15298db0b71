/** For watchdog.test.ts: a program with a watchdog that, told to, hangs in a loop of its own. */
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const { module } = await runnerImport(fileURLToPath(new URL('../src/watchdog.ts', import.meta.url)), {
  configFile: false,
  logLevel: 'error',
})
const stop = module.watchdog({ warns: 2, ends: 4 })
process.on('message', async what => {
  if (what === 'loop') spin()
  if (what === 'stop') {
    await stop()
    process.disconnect()
  }
})
process.send('ready')

function spin() {
  for (let n = 0; ; n++) if (n < 0) break
}
