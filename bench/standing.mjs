// node bench/standing.mjs [--events 300000] [--only rules,moving] [--batches 100,5000]: what standing queries cost.
// Events per CPU-second (user and system time of this process, garbage collection included), from NDJSON bytes on:
// - with: scanning the bytes into batches, validation, and updating all that stands, one batch after another
// - alone: the same without the scanning, which is measured by itself in the same run and taken off
// Windows are read once a second of the events' own time, as a live graph or a rule would; that is in both. Not in
// either: sockets, journal, ring, classification, fingerprints. Those are in bench/latency.mjs.
//
// The ratios are those of "with" to Riemann's figures, which were measured on such a machine over its own protocol, TCP,
// in batches of 100 (so the first table is the fair one), decoding included. They were NOT run beside this: Riemann is in
// no registry this project installs from (Debian and npm have clients of it only), so take them as a mark and no more.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { parseArgs } from 'node:util'

const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '300000' },
    only: { type: 'string', default: '' },
    batches: { type: 'string', default: '100,5000' },
  },
})

/** Events per CPU-second, from the project's goals (2026-11-22); not run here. */
const RIEMANN = {
  'index only': 680e3,
  'realistic set': 110e3,
  'rules 100': 90e3,
  'rules 1000': 11e3,
  'rules 1000, each by hostname': 11e3,
  'moving window 10s': 23e3,
}
/** How many times that is the goal. */
const GOALS = {
  'index only': 1,
  'realistic set': 3,
  'rules 100': 3,
  'rules 1000': 20,
  'moving window 10s': 10,
}

const root = path.dirname(import.meta.dirname)
const built = spawnSync('npx', ['tsc', '-b', 'packages/standing'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
})
if (built.status !== 0) process.exit(1)
const { scan, SimulatedClock } = await import('../packages/event/dist/index.js')
const { standing } = await import('../packages/standing/dist/index.js')

const EVENTS = Number(given.events)
const START = Date.UTC(2026, 10, 20)
/** Of the events' own time. */
const PER_SECOND = 15_000

let state = 7
function random(below) {
  state = (Math.imul(state, 1103515245) + 12345) | 0
  return ((state >>> 8) % 65_536) % below
}

/** 50 hosts with 20 services each; 1,000 types. */
function line(i) {
  const status = random(50) === 0 ? 'critical' : 'ok'
  return `{"type":"t${random(1000)}","hostname":"dc0-web${random(50)}","time":${START + (i * 1000) / PER_SECOND},"service":"service ${random(20)}","state":"${status}","metric":${random(10_000) / 1e4}}`
}
const lines = Array.from({ length: EVENTS }, (_, i) => line(i))
const ruleBy = i => [`rule ${i}`, `type = t${i} and metric > 0.1 | count() by hostname over 1m`]
const rule = i => [`rule ${i}`, `type = t${i} and metric > 0.1 | count() over 1m`]
const rate = ['rate', 'rate() by hostname over 5s']
const percentiles = ['percentiles', 'p50(metric), p99(metric) by hostname, service over 1m']
const moving = ['moving', 'count(), avg(metric) by hostname, service over 10s']
/** At most one word of a critical service in 5 s, and how many there were with it: a throttle that rolls up. */
const throttle = set =>
  set.machine('throttled', {
    filter: 'state = critical',
    by: ['hostname', 'service'],
    init: { since: 0, n: 0 },
    step: ({ since, n }, { time }) =>
      time - since < 5000 ? [{ since, n: n + 1 }, []] : [{ since: time, n: 0 }, [{ more: n }]],
  })
const follow = set => set.changed('state', { field: 'state', by: ['hostname', 'service'], init: 'ok' })

const SCENES = {
  // As Riemann's index: which is the latest event of each host and service.
  'index only': { rules: [['index', 'last(seq) by hostname, service']] },
  ...Object.fromEntries(
    [1, 10, 100, 1000].map(n => [`rules ${n}`, { rules: Array.from({ length: n }, (_, i) => rule(i)) }]),
  ),
  'rules 1000, each by hostname': { rules: Array.from({ length: 1000 }, (_, i) => ruleBy(i)) },
  'rate by host': { rules: [rate], read: true },
  'percentiles by host and service': { rules: [percentiles], read: true },
  'changed state': { rules: [], follow: true },
  'moving window 10s': { rules: [moving], read: true },
  'realistic set': {
    rules: [rate, percentiles, ['high', 'metric > 0.95 | count() by hostname, service over 1m | where count > 10']],
    read: true,
    follow: true,
    throttle: true,
  },
}

function cpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** CPU-seconds to scan the batches and, with a scene, to update what stands. */
function run(batches, scene) {
  const clock = new SimulatedClock(START)
  const set = standing({ clock, tick: 1e9 })
  const all = (scene?.rules ?? []).map(([name, query]) => set.stand(name, query))
  const wrong = all.find(one => 'message' in one)
  if (wrong) throw new Error(wrong.message)
  let told = 0
  if (scene?.follow) follow(set).onTransition(list => (told += list.length))
  if (scene?.throttle) throttle(set).onTransition(list => (told += list.length))
  let seq = 1
  let next = START + 1000
  const start = cpu()
  for (const bytes of batches) {
    const { batch } = scan(bytes, { hostname: 'h', receivedAt: START, trusted: true })
    batch.seq = seq
    seq += batch.length
    if (scene === undefined) continue
    const now = batch.time[batch.length - 1]
    clock.advanceTo(now)
    set.update(batch)
    if (scene.read && now >= next) {
      next += 1000
      for (const one of all) told += one.result().rows.length
    }
  }
  const spent = cpu() - start
  set.stop()
  return spent
}

const thousands = n => `${Math.round(n / 1000)}k`.padStart(7)
console.log(`${EVENTS} events, ${PER_SECOND} a second of their own time; events per CPU-second`)
console.log(
  'with: scanning and validating JSON included; alone: without. Riemann: measured earlier elsewhere, NOT beside this.',
)
for (const size of given.batches.split(',').map(Number)) {
  const batches = []
  for (let i = 0; i < EVENTS; i += size) batches.push(Buffer.from(`${lines.slice(i, i + size).join('\n')}\n`))
  run(batches.slice(0, Math.ceil(batches.length / 5)), undefined)
  const scanning = Math.min(run(batches), run(batches))
  console.log(`\nbatches of ${size}: scanning alone ${thousands(EVENTS / scanning).trim()}`)
  console.log(`${''.padEnd(34)}    with   alone  Riemann  ratio  goal`)
  for (const [name, scene] of Object.entries(SCENES)) {
    if (given.only && !given.only.split(',').some(part => name.includes(part))) continue
    run(batches.slice(0, Math.ceil(batches.length / 5)), scene)
    const spent = Math.min(run(batches, scene), run(batches, scene))
    const riemann = RIEMANN[name]
    const goal = GOALS[name]
    const ratio =
      riemann === undefined
        ? ''
        : `${thousands(riemann)} ${(EVENTS / spent / riemann).toFixed(1).padStart(6)}× ${goal === undefined ? '' : `≥ ${goal}`.padStart(5)}`
    // What is within the noise of scanning is not told.
    const alone = spent < scanning * 1.05 ? '–'.padStart(7) : thousands(EVENTS / (spent - scanning))
    console.log(`${name.padEnd(34)} ${thousands(EVENTS / spent)} ${alone} ${ratio}`)
  }
}
