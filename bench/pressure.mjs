// The real program under pressure: node bench/pressure.mjs [seconds] [who look and never read] [memory]
// A burst of far more than it can take over many connections, while some look and never read and one does. Prints each
// few seconds the resident memory of the program and of its engine, what was acknowledged and refused, and at the end
// whether all that was acknowledged is there, once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { cpuOf, engineOf, residentOf } from './processes.mjs'

const seconds = Number(process.argv[2] ?? 60)
const deafOnes = Number(process.argv[3] ?? 1000)
const memory = process.argv[4] ?? '2GB'
const CONNECTIONS = 64
const EVENTS = 2000

const data = mkdtempSync(join(tmpdir(), 'telltale-pressure-'))
writeFileSync(join(data, 'telltale.config.ts'), `export default { memory: ${JSON.stringify(memory)} }`)
const port = 20_000 + (process.pid % 20_000)
const bin = join(import.meta.dirname, '../packages/telltale/bin/telltale.js')
const args = [bin, 'start', '--port', port, '--data', data, '--config', join(data, 'telltale.config.ts')]
const child = spawn(process.execPath, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] })
child.stderr.on('data', text => process.stderr.write(`  | ${String(text).trim().replaceAll('\n', '\n  | ')}\n`))
await once(child.stdout, 'data')

/** Lines of one request: half are errors with a long message, no two alike. */
const body = (sender, from) => {
  let lines = ''
  for (let n = from; n < from + EVENTS; n++)
    lines += `{"type":"burst","hostname":"dc0-web${n % 40}","sender":${sender},"n":${n},"url":"/page/${n % 500}","execution_time":${(n % 977) / 1000},"message":"could not obtain database connection within ${n} ms"}\n`
  return Buffer.from(lines)
}
// Made beforehand, so that sending costs less than taking. Each sender repeats its few bodies: events are counted, not told apart.
const bodies = Array.from({ length: 4 }, (_, i) => body(i, i * EVENTS))
const told = new Map()
const tell = what => told.set(what, (told.get(what) ?? 0) + 1)
let acknowledged = 0
let refusedEvents = 0
const latencies = []
let going = true

async function sender(i) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let n = i; going; n++) {
    const started = performance.now()
    try {
      const upload = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/v1/events' })
      upload.end(bodies[n % bodies.length])
      const response = await new Promise((resolve, reject) => upload.on('response', resolve).on('error', reject))
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      const answer = JSON.parse(text)
      acknowledged += answer.accepted ?? 0
      tell(response.statusCode)
      if (response.statusCode === 202) latencies.push(performance.now() - started)
      else {
        refusedEvents += EVENTS - (answer.accepted ?? 0)
        await sleep(1000 * Number(response.headers['retry-after'] ?? 0))
      }
    } catch (error) {
      tell(error.code ?? String(error))
      await sleep(100)
    }
  }
  agent.destroy()
}

const look = async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/live`)
  await once(socket, 'open')
  socket.send('{"id":"a","query":"type = burst"}')
  return socket
}
const deaf = []
for (let n = 0; n < deafOnes; n += 50)
  deaf.push(...(await Promise.all(Array.from({ length: Math.min(50, deafOnes - n) }, look))))
for (const socket of deaf) socket.pause()
const reader = await look()
let read = 0
reader.on('message', text => (read += JSON.parse(text).events?.length ?? 0))

const senders = Array.from({ length: CONNECTIONS }, (_, i) => sender(i))
const engine = engineOf(child.pid)
let highest = 0
const started = Date.now()
console.log('    s   program MB   engine MB   acknowledged   events/s   µs CPU/event   answers')
let cpu = cpuOf(child.pid)
for (let last = 0; Date.now() - started < seconds * 1000; ) {
  await sleep(Math.min(5000, seconds * 250))
  const rss = residentOf(child.pid)
  highest = Math.max(highest, rss)
  const s = (Date.now() - started) / 1000
  const used = cpuOf(child.pid) - cpu
  cpu += used
  const row = [
    s.toFixed(0),
    rss.toFixed(0),
    residentOf(engine).toFixed(0),
    acknowledged,
    ((acknowledged - last) / Math.min(5, seconds / 4)).toFixed(0),
    acknowledged > last ? ((used / (acknowledged - last)) * 1e6).toFixed(1) : '-',
  ]
  console.log(
    row.map((cell, i) => String(cell).padStart([5, 12, 11, 14, 10, 14][i])).join(' '),
    JSON.stringify(Object.fromEntries(told)),
  )
  last = acknowledged
}
going = false
await Promise.all(senders)
for (const socket of [...deaf, reader]) socket.terminate()
latencies.sort((a, b) => a - b)
const at = share => latencies[Math.floor(share * (latencies.length - 1))]?.toFixed(0)
console.log(
  `acknowledged ${acknowledged}, refused ${refusedEvents}, answered within p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
)
console.log(
  `highest resident memory of the program ${highest.toFixed(0)} MB; ${deafOnes} who never read; who reads was sent ${read} events`,
)
const ask = async query => {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/query`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query }),
  })
  const { rows, error } = await answer.json()
  return rows?.[0]?.[0] ?? error?.message
}
let counted = await ask('type = burst | count()')
for (let i = 0; i < 60 && counted !== acknowledged; i++) {
  await sleep(1000)
  counted = await ask('type = burst | count()')
}
console.log(`counted ${counted}: ${counted === acknowledged ? 'all that was acknowledged, once' : 'WRONG'}`)
child.kill('SIGTERM')
const stopping = Date.now()
const [code] = await once(child, 'exit')
console.log(`stopped with ${code} after ${((Date.now() - stopping) / 1000).toFixed(1)} s`)
rmSync(data, { recursive: true, force: true })
process.exit(counted === acknowledged && code === 0 ? 0 : 1)
