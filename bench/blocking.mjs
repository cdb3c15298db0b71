// node --expose-gc blocking.mjs [--events 1000000] [--rounds 3] [--rate 20000] [--only q1,text]: how long a query keeps
// everything else from running, while events come in. For each query: the longest turn of the event loop in all rounds
// without the time the bench itself takes to send events, in wall time and in CPU time (where others use the machine
// the lesser of the two tells), garbage collection included; the longest of those collections; the time to the answer.
import fs from 'node:fs'
import path from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { recent } from '@telltale/recent'
import { QUERIES } from './engines/telltale.mjs'

const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '20000' },
    only: { type: 'string', default: '' },
  },
})
const COUNT = Number(given.events)

/** The bench's eight, and what is dear: texts anywhere, keys that are nearly unique, what is asked event by event. */
const ASKED = {
  ...QUERIES,
  text: 'timeout | count() by type',
  rare: '"no such thing anywhere" | count()',
  digits: '"404" | count() by type',
  beyond: '"é" | count()',
  regex: 'request_id ~ /^[0-9]+$/ | count() by type',
  unique: 'count() by request_id',
  pairs: 'count(), avg(execution_time) by md5, user_id | sort count desc | limit 20',
  seqs: 'user_id = 77 | count() by seq',
  computed: 'execution_time + db_time > 3 and seq > 5 | count() by type',
  top: 'top(url, 10), first(url), last(request_id) by hostname',
  distinct: 'uniq(request_id), uniq(md5) by type',
  sliding: 'p99(execution_time), uniq(user_id) by hostname over 5m',
  kept: 'avg(execution_time), uniq(url) by hostname over 100 events',
  sorted: 'sort execution_time desc | limit 100',
  events: 'limit 100000',
}

const latest = recent({ events: COUNT, memory: '64GB', remember: 0, slices: { timeout: 600_000 } })
const bytes = fs.readFileSync(path.join(import.meta.dirname, 'data', 'events-1000000.ndjson'))
let at = 0
/** Sends about so many bytes of whole lines, from the file's begin again after its end. */
function send(size) {
  if (at === bytes.length) at = 0
  const cut = at + size >= bytes.length ? bytes.length : bytes.lastIndexOf(10, at + size) + 1
  const { accepted } = latest.add(bytes.subarray(at, cut))
  at = cut
  return accepted
}
const LINE = 340
for (let sent = 0; sent < COUNT; ) sent += send(1 << 20)

let collected = 0
new PerformanceObserver(list => {
  for (const { duration } of list.getEntries()) collected = Math.max(collected, duration)
}).observe({ entryTypes: ['gc'] })

const cpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

/** Watches the turns of the event loop, and sends events in each: `rate` a second. */
class Watch {
  wall = 0
  held = 0
  #on = true

  constructor() {
    let sent = performance.now()
    let at = performance.now()
    let atCpu = cpu()
    const turn = () => {
      const now = performance.now()
      const held = Math.min(now - at, cpu() - atCpu)
      this.wall = Math.max(this.wall, now - at)
      this.held = Math.max(this.held, held)
      const due = Math.min(500, Math.floor(((now - sent) / 1e3) * Number(given.rate)))
      if (due >= 50) {
        sent = now
        send(due * LINE)
      }
      at = performance.now()
      atCpu = cpu()
      if (this.#on) setImmediate(turn)
    }
    setImmediate(turn)
  }

  stop() {
    this.#on = false
  }
}

const digits = x => x.toFixed(1).padStart(9)
const only = given.only === '' ? Object.keys(ASKED) : given.only.split(',')
console.log(`${COUNT} events      held ms   in wall  longest gc  answer ms  rows`)
for (const id of ['none', ...only]) {
  globalThis.gc?.()
  let [held, wall, took, rows] = [0, 0, 0, '']
  collected = 0
  for (let i = 0; i < Number(given.rounds); i++) {
    const watch = new Watch()
    await new Promise(resolve => setTimeout(resolve, 20))
    const started = performance.now()
    if (id === 'none') await new Promise(resolve => setTimeout(resolve, 300))
    else {
      try {
        rows = (await latest.ask(ASKED[id])).rows.length
      } catch (error) {
        rows = String(error)
      }
    }
    took = performance.now() - started
    watch.stop()
    await new Promise(resolve => setTimeout(resolve, 20))
    held = Math.max(held, watch.held)
    wall = Math.max(wall, watch.wall)
  }
  console.log(`${id.padEnd(12)} ${digits(held)} ${digits(wall)}   ${digits(collected)}  ${digits(took)}  ${rows}`)
}
process.exit(0)
