// node --expose-gc measure.mjs ENGINE.mjs EVENTS.ndjson [rounds] [q1,q2…]: one engine, one process, one JSON line.
// ms is the median wall time of a query, min the best, cpu the least CPU of all threads: where others use the machine
// too, compare min and cpu.
import path from 'node:path'
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { checksum, median, QUERIES } from './queries.mjs'

const [, , engineFile, file, rounds = '7', only] = process.argv
const ids = only ? only.split(',') : Object.keys(QUERIES)
const LONG = 3000

function cpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

function collect() {
  globalThis.gc?.()
  globalThis.gc?.()
}

/** CPU ms of a fixed piece of work: tells a slow machine from a slow engine. */
function calibrate() {
  const start = cpu()
  const text = '{"a":1,"b":{"c":"hello world","d":[1,2,3]},"e":1.5}'
  let x = 1
  for (let i = 0; i < 3e5; i++) x = (Math.imul(x, 31) + JSON.parse(text).a) | 0
  return cpu() - start
}

let gc = 0
let longest = 0
new PerformanceObserver(list => {
  for (const { duration } of list.getEntries()) {
    gc += duration
    longest = Math.max(longest, duration)
  }
}).observe({ entryTypes: ['gc'] })

calibrate()
const calibration = calibrate()
const { default: Engine } = await import(path.resolve(engineFile))
const engine = new Engine()
await engine.open?.()
collect()
const before = process.memoryUsage().rss
const start = performance.now()
const startCpu = cpu()
const n = await engine.load(file)
const loadMs = performance.now() - start
const loadCpu = cpu() - startCpu
await sleep(50)
const loadGc = gc
const loadLongest = longest
const peak = process.resourceUsage().maxRSS * 1024 - before
collect()
await sleep(200)
const held = process.memoryUsage().rss - before

const digits = x => +x.toPrecision(3)
const line = {
  engine: engine.name,
  file: path.basename(file),
  n,
  node: process.version,
  calib_cpu_ms: digits(calibration),
  load_s: digits(loadMs / 1e3),
  load_cpu_s: digits(loadCpu / 1e3),
  ev_per_s: Math.round((n / loadMs) * 1e3),
  ev_per_cpu_s: Math.round((n / loadCpu) * 1e3),
  B_per_ev: Math.round(held / n),
  peakB_per_ev: Math.round(peak / n),
  gc_pct: digits((loadGc / loadMs) * 100),
  gc_max_ms: digits(loadLongest),
  ...{ min: {}, cpu: {}, ms: {}, chk: {}, err: {} },
}
for (const id of ids) {
  try {
    const walls = []
    const cpus = []
    let rows
    do {
      const at = performance.now()
      const atCpu = cpu()
      rows = await engine.query(id)
      walls.push(performance.now() - at)
      cpus.push(cpu() - atCpu)
    } while (walls.length <= Number(rounds) && walls.at(-1) < LONG)
    const warm = values => (values.length > 2 ? values.slice(2) : values.slice(-1))
    line.ms[id] = digits(median(warm(walls)))
    line.min[id] = digits(Math.min(...warm(walls)))
    line.cpu[id] = digits(Math.min(...warm(cpus)))
    line.chk[id] = checksum(id, rows)
  } catch (error) {
    line.err[id] = String(error.message ?? error).slice(0, 200)
  }
}
console.log(JSON.stringify(line))
await engine.close?.()
process.exit(0)
