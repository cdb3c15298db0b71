/** For kill.test.ts: appends batches to a history for as long as it lives, and says which events were acknowledged. */
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const [path, round] = process.argv.slice(2)
const load = file =>
  runnerImport(fileURLToPath(new URL(file, import.meta.url)), {
    configFile: false,
    logLevel: 'error',
    environments: { inline: { resolve: { conditions: ['source'], noExternal: [/@telltale/] } } },
  })
const { history } = (await load('../src/index.ts')).module
const { batchOf } = (await load('../../event/src/index.ts')).module

const one = history({ path, keep: 'forever', journal: { segmentBytes: 60_000, sealAfter: 50 } })
await one.start()
let id = Number(round) * 1_000_000
const put = async () => {
  for (;;) {
    const from = id
    const to = from + 1 + (from % 7) * 30
    id = to
    const ids = Array.from({ length: to - from }, (_, i) => from + i)
    const { batch } = batchOf(
      ids.map(n => ({ type: 'kill', time: Date.UTC(2026, 0, 1 + (n % 3)), id: n, filler: 'x'.repeat(200) })),
      { hostname: 'h', receivedAt: Date.now() },
    )
    await one.append(batch)
    process.stdout.write(`${from} ${to}\n`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}
await Promise.all([put(), put()])
