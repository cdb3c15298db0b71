// node bench/road.mjs [--rate 100000] [--minutes 10] [--rules 100] [--graphs 10] [--every 10] [--memory 2GB] [--keep 90d]
// The whole road: the real program with everything on (decode, classify, fingerprint, journal with its default sync, ring,
// history, standing thresholds as rules, live graphs by minute, the host's probe, the canary), fed over HTTP with NDJSON
// of the bench's shape at a fixed rate by senders in a process of their own on the same cores.
// Every --every seconds a line of the curve; at the end a line of JSON in bench/results/road.ndjson.
// - ack: ms from a request of 500 events begun to its 202
// - live: ms from an event sent to its coming to a WebSocket that subscribed to its kind
// - rule: ms from an event sent to a standing aggregate telling of it (at most every 250 ms, so one is sent every 300 ms)
// With half the rate and --minutes 60 --keep 1h --every 60 it is the soak: memory and descriptors must stay flat.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { cpuOf, descriptorsOf, engineOf, residentOf } from './processes.mjs'

const DEFAULTS = { rate: 100_000, minutes: 10, rules: 100, graphs: 10, every: 10, senders: 8, port: 18_575 }
const { values: given } = parseArgs({
  options: Object.fromEntries(
    Object.entries({ ...DEFAULTS, memory: '2GB', keep: '90d' }).map(([name, value]) => [
      name,
      { type: 'string', default: `${value}` },
    ]),
  ),
})
const option = name => Number(given[name])
const seconds = option('minutes') * 60
const here = import.meta.dirname
const home = `http://127.0.0.1:${given.port}`
const TYPES = ['page_load', 'exception', 'db_query', 'gc_pause', 'timeout', 'job']
const SHOWN = ['count()', 'p99(execution_time)', 'avg(execution_time)', 'uniq(user_id)', 'max(execution_time)']

/** An id and a query for each rule: an error rate of a host passing a threshold. */
const rules = Array.from({ length: option('rules') }, (_, i) => {
  const host = `dc${i % 3}-web${`${i % 40}`.padStart(2, '0')}`
  const of = `type = ${TYPES[i % TYPES.length]} and hostname = ${host} and execution_time > ${i % 7}`
  return [`r${i}`, `last 1m | ${of} | count() by url | where count > ${100 + i}`]
})
const graphs = Array.from({ length: option('graphs') }, (_, i) => [
  `g${i}`,
  `last 10m | ${SHOWN[i % SHOWN.length]} by ${i % 2 ? 'type' : 'hostname'}, 1m`,
])

async function started(data) {
  const config = path.join(data, 'telltale.config.js')
  const settings = { memory: given.memory, history: { keep: given.keep } }
  fs.writeFileSync(config, `export default ${JSON.stringify(settings)}`)
  const bin = path.join(here, '../packages/telltale/bin/telltale.js')
  const args = ['--cpu-prof','--cpu-prof-dir=/work/exp/prof', ...(process.env.SEMI?['--max-semi-space-size='+process.env.SEMI]:[]), bin, 'start', '--port', given.port, '--data', data, '--config', config]
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  program.stderr.on('data', text => process.stderr.write(`  | ${String(text).trim().replaceAll('\n', '\n  | ')}\n`))
  const ended = once(program, 'exit').then(([code]) => code)
  const code = await Promise.race([once(program.stdout, 'data').then(() => undefined), ended])
  if (code !== undefined) throw new Error(`telltale ended with ${code} as it started`)
  return { program, ended }
}

/** Subscribes one connection to all of these; whatever comes for them goes to `told`. */
async function subscribe(queries, told) {
  const socket = new WebSocket(`ws://127.0.0.1:${given.port}/v1/live`, { perMessageDeflate: false })
  await once(socket, 'open')
  socket.on('message', message => {
    const text = String(message)
    if (text.includes('"error"')) console.error(text.slice(0, 500))
    told(text)
  })
  for (const [id, query] of queries) socket.send(JSON.stringify({ id, query }))
}

const at = (list, share) => Number((list[Math.min(list.length - 1, Math.floor(share * list.length))] ?? NaN).toFixed(1))
/** p50, p99 and the greatest, in ms. */
function quantiles(list) {
  list.sort((a, b) => a - b)
  return [at(list, 0.5), at(list, 0.99), at(list, 1)]
}

async function ask(query) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${home}/v1/query`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  const { rows, error } = await answer.json()
  return rows?.[0]?.[0] ?? error?.message
}

if (!fs.existsSync(path.join(here, 'data/events-100000.ndjson'))) {
  fs.mkdirSync(path.join(here, 'data'), { recursive: true })
  await once(spawn(process.execPath, ['generate.mjs', '100000', 'data/events-100000.ndjson'], { cwd: here }), 'exit')
}
const data = fs.mkdtempSync(path.join(tmpdir(), 'telltale-road-'))
const { program, ended } = await started(data)
const engine = engineOf(program.pid)

const now = () => performance.timeOrigin + performance.now()
/** ms each; emptied for each line of the curve. */
const times = { ack: [], live: [], rule: [] }
const told = { rules: 0, graphs: 0 }
await subscribe([['a', 'type = mark']], text => {
  for (const [, sent] of text.matchAll(/"sent":([\d.]+)/g)) times.live.push(now() - Number(sent))
})
await subscribe([['a', 'type = alarm | count(), max(sent)']], text => {
  const sent = JSON.parse(text).rows?.[0]?.[1]
  if (typeof sent === 'number') times.rule.push(now() - sent)
})
for (let i = 0; i < rules.length; i += 40) await subscribe(rules.slice(i, i + 40), () => told.rules++)
await subscribe(graphs, () => told.graphs++)

const orders = { rate: option('rate'), seconds, lanes: option('senders'), port: option('port') }
const senders = fork(path.join(here, 'road-senders.mjs'), [JSON.stringify(orders)])
const gone = once(senders, 'exit')
const [{ parse }] = await once(senders, 'message')
let sent = { sent: 0, acknowledged: 0, refused: 0, marks: 0, answers: {} }
senders.on('message', ({ acks, ...message }) => {
  sent = message
  times.ack.push(...acks)
})
senders.send('go')

const began = performance.now()
const total = { ack: [], live: [], rule: [] }
const curve = []
const look = () => ({ at: performance.now(), cpu: cpuOf(program.pid), engine: cpuOf(engine), ...sent })
const first = look()
let last = first
while (!sent.done) {
  await Promise.race([sleep(option('every') * 1000), gone])
  const { history, recent } = await (await fetch(`${home}/v1/pipeline`)).json()
  const next = look()
  const events = next.acknowledged - last.acknowledged
  const rate = name => Math.round((next[name] - last[name]) / ((next.at - last.at) / 1000))
  const cost = name => Number((((next[name] - last[name]) / events) * 1e6).toFixed(1))
  const [ack, live, rule] = Object.values(times).map(quantiles)
  const line = {
    s: Math.round((next.at - began) / 1000),
    'sent/s': rate('sent'),
    'taken/s': rate('acknowledged'),
    refused: next.refused,
    'ack p50': ack[0],
    'ack p99': ack[1],
    'live p50': live[0],
    'live p99': live[1],
    'rule p99': rule[1],
    'µs/event': cost('cpu'),
    'engine µs': cost('engine'),
    waiting: history.waiting,
    ring: recent.events,
    MB: residentOf(program.pid),
    'engine MB': residentOf(engine),
    fds: descriptorsOf(program.pid),
    'engine fds': descriptorsOf(engine),
  }
  if (curve.length % 30 === 0)
    console.log(
      Object.keys(line)
        .map(head => head.padStart(11))
        .join(''),
    )
  console.log(
    Object.values(line)
      .map(cell => `${cell}`.padStart(11))
      .join(''),
  )
  curve.push(line)
  for (const name in times) total[name].push(...times[name].splice(0))
  last = next
  const disk = fs.statfsSync(data)
  if (disk.bavail * disk.bsize < 2e9) {
    console.log('less than 2 GB of disk are left: it ends here')
    senders.kill()
    break
  }
}

const marks = '(type = mark or type = alarm) and hostname = bench | count()'
let counted = await ask(marks)
for (let i = 0; i < 30 && counted !== sent.marks; i++) {
  await sleep(1000)
  counted = await ask(marks)
}
program.kill('SIGTERM')
const code = await ended
fs.rmSync(data, { recursive: true, force: true })

const cpu = ((last.cpu + last.engine - first.cpu - first.engine) / sent.acknowledged) * 1e6
const result = {
  date: new Date().toISOString(),
  ...orders,
  rules: rules.length,
  graphs: graphs.length,
  taken: sent.acknowledged,
  refused: sent.refused,
  answers: sent.answers,
  ack: quantiles(total.ack),
  live: quantiles(total.live),
  rule: quantiles(total.rule),
  cpu: Number(cpu.toFixed(2)),
  parse,
  curve: curve.map(line => Object.values(line)),
}
fs.mkdirSync(path.join(here, 'results'), { recursive: true })
fs.appendFileSync(path.join(here, 'results/road.ndjson'), `${JSON.stringify(result)}\n`)
const inWords = name => `${name} ${result[name].join(' / ')}`
console.log(
  `${Math.round(sent.acknowledged / ((last.at - first.at) / 1000))} events a second, ${sent.refused} refused ${JSON.stringify(sent.answers)}`,
)
console.log(`ms, p50 / p99 / greatest: ${['ack', 'live', 'rule'].map(inWords).join(', ')}`)
console.log(
  `${cpu.toFixed(1)} µs of CPU an event in both processes, ${((cpu * parse) / 1e6).toFixed(1)} times what JSON.parse alone takes (${Math.round(parse / 1000)}k a second)`,
)
console.log(
  `marks acknowledged ${sent.marks}, there ${counted} (fewer are right where some are older than --keep); ` +
    `rules told ${told.rules} times, graphs ${told.graphs}; it ended with ${code}`,
)
process.exit(code)
