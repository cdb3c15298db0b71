// node bench/sync.mjs [--seconds 3] [--senders 32] [--batch 100] [--dir FOLDER]: what each sync policy of the journal
// costs, and what group commit saves: batches of real events appended by senders that each wait for their
// acknowledgement, beside the same bytes written and synced one batch after another, in one run, taken in turns.
// FOLDER decides the disk that is measured; default here.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { scan, writeLines } from '../packages/event/dist/index.js'
import { journal } from '../packages/history/dist/index.js'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    senders: { type: 'string', default: '32' },
    batch: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    dir: { type: 'string', default: import.meta.dirname },
  },
})
const SECONDS = Number(given.seconds)
const SENDERS = Number(given.senders)
const BATCH = Number(given.batch)

const file = path.join(tmpdir(), `sync-${process.pid}.ndjson`)
execFileSync(process.execPath, [path.join(import.meta.dirname, 'generate.mjs'), given.batch, file])
const bytes = readFileSync(file)
rmSync(file)
const batch = () => scan(bytes, { hostname: 'h', receivedAt: Date.now() }).batch

/** Appends for a while. @returns acknowledgements and their ms */
async function drive(append) {
  const until = performance.now() + SECONDS * 1000
  const took = []
  const cpu = process.cpuUsage()
  const sender = async () => {
    for (let now = performance.now(); now < until; ) {
      const one = batch()
      const asked = performance.now()
      await append(one)
      now = performance.now()
      took.push(now - asked)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  const { user, system } = process.cpuUsage(cpu)
  took.sort((a, b) => a - b)
  return { took, cpu: (user + system) / 1e6 }
}

async function inFolder(run) {
  const dir = mkdtempSync(path.join(given.dir, 'sync-'))
  try {
    return await run(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const policy = sync => () =>
  inFolder(async dir => {
    const one = journal({ dir, sync, maxBytes: 1e12 })
    await one.open()
    one.onSealed(segment => one.remove(segment))
    const result = await drive(each => one.append(each))
    await one.close()
    return result
  })

/** As a program without group commit would: one write and one sync per batch, in a queue. */
const alone = () =>
  inFolder(async dir => {
    const file = await open(path.join(dir, 'log'), 'w')
    let turn = Promise.resolve()
    const result = await drive(each => {
      turn = turn.then(async () => {
        await file.write(writeLines(each))
        await file.datasync()
      })
      return turn
    })
    await file.close()
    return result
  })

const ways = { always: policy('always'), '50ms': policy('50ms'), os: policy('os'), 'a sync per batch': alone }
const best = {}
for (let round = 0; round < Number(given.rounds); round++)
  for (const [name, run] of Object.entries(ways)) {
    const { took, cpu } = await run()
    const found = {
      perSecond: Math.round((took.length * BATCH) / SECONDS),
      perCpuSecond: Math.round((took.length * BATCH) / cpu),
      p50: took[Math.floor(took.length * 0.5)],
      p99: took[Math.floor(took.length * 0.99)],
    }
    if (!(best[name]?.perSecond >= found.perSecond)) best[name] = found
  }
const base = best['a sync per batch'].perSecond
console.log(`${SENDERS} senders, ${BATCH} events a batch, the best of ${given.rounds} rounds of ${SECONDS} s each`)
console.log(
  '| sync | events/s | × a sync per batch | events per CPU-second | acknowledged p50 ms | p99 ms |\n|---|---|---|---|---|---|',
)
for (const [name, { perSecond, perCpuSecond, p50, p99 }] of Object.entries(best))
  console.log(
    `| ${name} | ${perSecond} | ${(perSecond / base).toFixed(2)} | ${perCpuSecond} | ${p50.toFixed(2)} | ${p99.toFixed(2)} |`,
  )
