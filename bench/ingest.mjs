// node --expose-gc bench/ingest.mjs [--events 1000000] [--shapes] [--root ../other-checkout]: from NDJSON bytes into the ring.
// Events per CPU-second (user and system time of all threads, V8's compiler and garbage collection included), reading the
// file included, of one process that begins with a ring that holds as many events as the file has:
// - cold: the first 100,000 events after the start
// - warm: the rest of the file
// - evicting: the file once more, each event in the place of one that goes
// --shapes: other events instead, scanned alone in batches of 100 and of 5,000, and into a ring, the best of five passes.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { linesOf, SHAPES } from './shapes.mjs'

const here = import.meta.dirname
const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    shapes: { type: 'boolean', default: false },
    root: { type: 'string', default: path.dirname(here) },
  },
})
const COLD = 100_000
const PIECE = 1 << 20
const root = path.resolve(given.root)

function must(command, args, cwd) {
  if (spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) process.exit(1)
}
must('npx', ['tsc', '-b', 'packages/recent'], root)
const { scan } = await import(`${root}/packages/event/dist/index.js`)
const { recent } = await import(`${root}/packages/recent/dist/index.js`)

/** CPU-seconds so far. */
function cpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
const thousands = perSecond => `${Math.round(perSecond / 1000)}k`.padStart(8)

/** Feeds the file piece by piece; `tell` is called with the events so far after each. */
function feed(latest, file, tell) {
  const from = fs.openSync(file)
  const piece = Buffer.allocUnsafe(PIECE)
  let kept = 0
  let events = 0
  for (;;) {
    const end = kept + fs.readSync(from, piece, kept, PIECE - kept, null)
    if (end === 0) break
    const cut = piece.lastIndexOf(10, end - 1) + 1 || end
    events += latest.add(piece.subarray(0, cut)).accepted
    piece.copy(piece, 0, cut, end)
    kept = end - cut
    tell?.(events)
  }
  fs.closeSync(from)
  return events
}

function file(events) {
  const name = path.join(here, 'data', `events-${events}.ndjson`)
  if (!fs.existsSync(name)) {
    fs.mkdirSync(path.dirname(name), { recursive: true })
    must(process.execPath, ['generate.mjs', `${events}`, `${name}.part`], here)
    fs.renameSync(`${name}.part`, name)
  }
  return name
}

function ingest(events) {
  const name = file(events)
  const latest = recent({ events, memory: '64GB' })
  const start = cpu()
  let cold
  const loaded = feed(latest, name, soFar => {
    if (cold === undefined && soFar >= COLD) cold = { events: soFar, at: cpu() }
  })
  const warm = cpu()
  feed(latest, name)
  const evicting = cpu()
  const { events: held, evicted } = latest.stats()
  if (held !== events || evicted !== loaded) throw new Error(`${held} held and ${evicted} evicted of twice ${loaded}`)
  console.log(`${loaded} events; events per CPU-second`)
  console.log(`cold, the first ${cold.events}`.padEnd(28), thousands(cold.events / (cold.at - start)))
  console.log('warm'.padEnd(28), thousands((loaded - cold.events) / (warm - cold.at)), ' goal ≥ 450k')
  console.log('all of it, start included'.padEnd(28), thousands(loaded / (warm - start)))
  console.log('evicting'.padEnd(28), thousands(loaded / (evicting - warm)), ' goal ≥ 350k')
}

/** Events per CPU-second, the best of five passes. */
function best(batches, events, take) {
  let least = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < 5; pass++) {
    globalThis.gc?.()
    const start = cpu()
    take(batches)
    least = Math.min(least, cpu() - start)
  }
  return thousands(events / least)
}

function shapes() {
  const origin = { hostname: 'h', receivedAt: 1795132800000 }
  const scanning = batches => {
    for (const bytes of batches) scan(bytes, origin)
  }
  const adding = batches => {
    const latest = recent({ events: 1e8, memory: '8GB' })
    for (const bytes of batches) latest.add(bytes)
  }
  const count = 20_000
  console.log(`${''.padEnd(22)}   B/event  by 100  by 5000    ring   (events per CPU-second)`)
  for (const shape of Object.keys(SHAPES)) {
    const lines = linesOf(shape, count)
    const batches = size =>
      Array.from({ length: count / size }, (_, i) =>
        Buffer.from(`${lines.slice(i * size, (i + 1) * size).join('\n')}\n`),
      )
    const large = batches(5000)
    const bytes = Math.round(large.reduce((sum, { length }) => sum + length, 0) / count)
    const figures = [best(batches(100), count, scanning), best(large, count, scanning), best(large, count, adding)]
    console.log(`${shape.padEnd(22)} ${String(bytes).padStart(9)}${figures.join('')}`)
  }
}

if (given.shapes) shapes()
else ingest(Number(given.events))
