// node bench/latency.mjs [--seconds 20] [--rate 15000] [--subscribers 50]: from an event sent to what comes of it.
// The real program (`telltale start`, everything on: journal, ring, history, probe of the host) gets events over TCP in
// batches of 100, one of each batch a mark that carries the time it was sent at. Sender and subscribers are this process,
// so times are of one clock, and this process's own delays are in them: it also prints how late its own timers were.
// - side effect: an aggregate that stands (`type = alarm | count(), max(sent)`) changes, and tells; alarms are sent about
//   every 300 ms, since a live answer is sent at most every 250 ms
// - one subscriber: each mark, as it comes, to one WebSocket
// - all subscribers: the same to each of 50 WebSockets
// The figures of Riemann are from the project's goals (2026-11-22): measured earlier elsewhere, not beside this run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { cpuOf } from './processes.mjs'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '15000' },
    subscribers: { type: 'string', default: '50' },
    port: { type: 'string', default: '17575' },
    prof: { type: 'string' },
  },
})
const SECONDS = Number(given.seconds)
const RATE = Number(given.rate)
const SUBSCRIBERS = Number(given.subscribers)
const PORT = Number(given.port)
const BATCH = 100
/** The first seconds are not counted. */
const WARM_UP = 4000

const root = path.dirname(import.meta.dirname)
const data = mkdtempSync(path.join(tmpdir(), 'telltale-latency-'))
const profiling = given.prof === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', given.prof]
const bin = path.join(root, 'packages/telltale/bin/telltale.js')
const program = spawn(process.execPath, [...profiling, bin, 'start', '--port', `${PORT}`, '--data', data], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = once(program, 'exit')
await Promise.race([
  once(program.stdout, 'data'),
  ended.then(() => {
    throw new Error('telltale did not start')
  }),
])

const started = performance.now()
const counted = () => performance.now() - started > WARM_UP
/** ms from sent to seen. */
const delays = { 'side effect': [], 'one subscriber': [], [`${SUBSCRIBERS} subscribers`]: [] }

/** Subscribes; each message is looked through for the times its events were sent at. */
async function subscribe(query, into, times) {
  const socket = new WebSocket(`ws://127.0.0.1:${PORT}/v1/live`, { perMessageDeflate: false })
  await once(socket, 'open')
  socket.on('message', message => {
    const now = performance.now()
    if (counted()) for (const sent of times(String(message))) into.push(now - sent)
  })
  socket.send(JSON.stringify({ id: 'a', query }))
  return socket
}
const ofEvents = text => Array.from(text.matchAll(/"sent":([\d.]+)/g), match => Number(match[1]))
const ofAnswer = text => {
  const sent = JSON.parse(text).rows?.[0]?.[1]
  return typeof sent === 'number' ? [sent] : []
}
const [side, one, all] = Object.values(delays)
await subscribe('type = alarm | count(), max(sent)', side, ofAnswer)
await subscribe('type = mark', one, ofEvents)
for (let i = 0; i < SUBSCRIBERS; i++) await subscribe('type = mark and hostname != nobody', all, ofEvents)

const socket = connect(PORT + 2, '127.0.0.1').setNoDelay(true)
await once(socket, 'connect')
const filler = Array.from({ length: 1000 }, (_, i) => {
  const info = `"url":"http://mysite.com/page${i % 200}","execution_time":${(i * 7919) % 1000},"status":${i % 50 ? 200 : 500}`
  return `{"type":"page_load","hostname":"dc0-web${i % 50}",${info}}\n`
})
const late = []
let sent = 0
let alarm = 0
const every = (BATCH * 1000) / RATE
for (let next = performance.now(); performance.now() - started < WARM_UP + SECONDS * 1000; next += every) {
  const wait = next - performance.now()
  if (wait > 0.5) await sleep(wait)
  else await new Promise(setImmediate)
  const now = performance.now()
  if (counted()) late.push(Math.max(0, now - next))
  let text = ''
  for (let i = 1; i < BATCH; i++) text += filler[(sent + i) % filler.length]
  const type = now > alarm ? 'alarm' : 'mark'
  if (type === 'alarm') alarm = now + 300
  socket.write(`${text}{"type":"${type}","hostname":"bench","sent":${performance.now()}}\n`)
  sent += BATCH
}
await sleep(500)
const cpu = cpuOf(program.pid)
program.kill()
await ended
rmSync(data, { recursive: true, force: true })

/** From the project's goals: Riemann's p50 / p99, and ours. */
const MARKS = {
  'side effect': ['0.15 / 97', '≤ 1 / ≤ 10'],
  'one subscriber': ['', ''],
  [`${SUBSCRIBERS} subscribers`]: SUBSCRIBERS === 50 ? ['1.4 / 122', '≤ 5 / ≤ 20'] : ['', ''],
}
const at = (list, q) => list[Math.min(list.length - 1, Math.floor(q * list.length))]?.toFixed(2) ?? '–'
const row = (...cells) =>
  console.log(cells.map((cell, i) => `${cell}`[i ? 'padStart' : 'padEnd'](i ? 13 : 24)).join(''))
const rate = Math.round(sent / ((performance.now() - started) / 1000))
console.log(
  `${sent} events, ${rate} a second; the program took ${((cpu / sent) * 1e6).toFixed(1)} µs of CPU for each, starting included`,
)
row('ms', 'p50', 'p99', 'max', 'messages', 'Riemann', 'goal')
for (const [name, list] of Object.entries(delays)) {
  list.sort((a, b) => a - b)
  row(name, at(list, 0.5), at(list, 0.99), at(list, 1), list.length, ...MARKS[name])
}
late.sort((a, b) => a - b)
row("this process's timers", at(late, 0.5), at(late, 0.99), at(late, 1), late.length)
process.exit()
