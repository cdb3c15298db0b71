// node --expose-gc blocking.mjs [--events 1000000] [--rounds 3] [--rate 20000] [--only q1,text]: how long a query keeps
// everything else from running, while events come in. For each query: the longest turn of the event loop in all rounds
// without the time the bench itself takes to send events, in wall time and in CPU time of the main thread (where others
// use the machine the latter tells), garbage collection included; the longest of those collections; the time to the answer.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { scan, wallClock } from '@telltale/event'
import { history } from '@telltale/history'
import { parse } from '@telltale/query'
import { recent } from '@telltale/recent'
import { Asker } from '@telltale/server'
import { json, lines } from '../packages/server/dist/answer-text.js'
import { LiveAnswers } from '../packages/server/dist/live-answers.js'
import { StandingHost } from '../packages/server/dist/standing-host.js'
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

/**
 * The bench's eight, and what is dear: texts anywhere, keys that are nearly unique, what is asked event by event, answers
 * of many rows as JSON, and what stands and is looked at.
 */
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
  panes: 'count(), avg(execution_time), p50(execution_time), p99(execution_time) by hostname over 5m',
  kept: 'avg(execution_time), uniq(url) by hostname over 100 events',
  sorted: 'sort execution_time desc | limit 100',
  texts: 'sort request_id | limit 100',
  events: 'limit 100000',
  json: () => whole('limit 100000', json),
  lines: () => whole('count() by request_id | limit 100000', lines),
  live: () => looking('user_id < 10000 | count(), avg(execution_time) by user_id'),
  'live asked': () => looking('count(), avg(execution_time) by hostname, url | sort count desc | limit 10000'),
}

/** An answer, written as HTTP has it. @returns how many bytes */
async function whole(query, write) {
  const answer = await latest.ask(query)
  let bytes = 0
  for await (const piece of write({ ...answer, stats: {} })) bytes += piece.length
  return bytes
}

/** Looks at a query until its answer has changed once: its past is asked, it stands, and is shown twice. @returns rows */
async function looking(query) {
  const kept = history({ path: fs.mkdtempSync(path.join(os.tmpdir(), 'telltale-blocking-')) })
  const asker = new Asker(latest, kept)
  asker.beforeRing = Number.NEGATIVE_INFINITY
  const host = new StandingHost({ asker, recent: latest, clock: wallClock, linger: 0 })
  const answers = new LiveAnswers({ host, asker, clock: wallClock, every: 250 })
  let shown = 0
  const leave = await new Promise((resolve, reject) => {
    const look = answers.join({ query }, parse(query).query, {
      full: false,
      show({ rows }) {
        shown = rows.length
        if (changed) resolve(look)
        changed = true
        const { batch } = scan(Buffer.from('{"type":"page_load","user_id":7,"execution_time":1}'), {
          hostname: 'h',
          receivedAt: 0,
        })
        batch.seq = 1
        host.batch(batch)
      },
      refuse: ({ error }) => reject(new Error(error.message)),
    })
    let changed = false
  })
  leave()
  answers.stop()
  await host.stop()
  return shown
}

const latest = recent({ events: COUNT, memory: '64GB', remember: 0, slices: { timeout: 600_000 } })
const data = path.join(import.meta.dirname, 'data')
const exact = path.join(data, `events-${COUNT}.ndjson`)
const file = fs.openSync(fs.existsSync(exact) ? exact : path.join(data, 'events-1000000.ndjson'))
const bytes = Buffer.allocUnsafe(1 << 24)
let at = 0
let end = 0
/** Sends about so many bytes of whole lines, from the file's begin again after its end. */
function send(size) {
  if (at === end) read()
  const cut = at + size >= end ? end : bytes.lastIndexOf(10, at + size) + 1
  const { accepted } = latest.add(bytes.subarray(at, cut))
  at = cut
  return accepted
}
/** Reads on, whole lines only. */
let place = 0
function read() {
  const count = fs.readSync(file, bytes, 0, bytes.length, place)
  at = 0
  end = bytes.lastIndexOf(10, count - 1) + 1
  place = count < bytes.length ? 0 : place + end
}
const LINE = 340
for (let sent = 0; sent < COUNT; ) sent += send(1 << 20)

let collected = 0
let since = 0
new PerformanceObserver(list => {
  for (const { startTime, duration } of list.getEntries())
    if (startTime > since) collected = Math.max(collected, duration)
}).observe({ entryTypes: ['gc'] })

/** ms the main thread has worked; where the system does not say, all threads. */
const own = schedule()
const said = Buffer.alloc(64)
function cpu() {
  const { user, system } = process.cpuUsage()
  if (own === undefined) return (user + system) / 1e3
  return Number.parseInt(said.toString('latin1', 0, fs.readSync(own, said, 0, said.length, 0)), 10) / 1e6
}

function schedule() {
  const file = `/proc/self/task/${process.pid}/schedstat`
  return fs.existsSync(file) ? fs.openSync(file) : undefined
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
console.log(`${COUNT} events      held cpu   in wall  longest gc  answer ms  rows`)
for (const id of ['none', ...only]) {
  globalThis.gc?.()
  since = performance.now()
  let [held, wall, took, rows] = [0, 0, 0, '']
  collected = 0
  for (let i = 0; i < Number(given.rounds); i++) {
    const watch = new Watch()
    await new Promise(resolve => setTimeout(resolve, 20))
    const started = performance.now()
    if (id === 'none') await new Promise(resolve => setTimeout(resolve, 300))
    else {
      try {
        const asked = ASKED[id]
        rows = typeof asked === 'string' ? (await latest.ask(asked)).rows.length : await asked()
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
