// The senders of road.mjs, in a process of their own. Tells its parent, as it begins, how many events a second JSON.parse
// alone does on a core of this machine; then every second what was sent and answered so far.
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eachLine } from './queries.mjs'

/** Events in a request; the first is the mark that carries the time it was sent at. */
const BATCH = 500
const { rate, seconds, lanes, port } = JSON.parse(process.argv[2])

/** 100,000 events of the bench in bodies of 499, without the time they were received at: it is now. */
function made() {
  const bodies = []
  let lines = []
  eachLine(path.join(import.meta.dirname, 'data/events-100000.ndjson'), (buffer, start, end) => {
    lines.push(buffer.toString('utf8', start, end).replace(/"received_at":\d+,?/, ''))
    if (lines.length < BATCH - 1) return
    bodies.push(Buffer.from(`${lines.join('\n')}\n`))
    lines = []
  })
  return bodies
}

function parsing() {
  const texts = bodies.slice(0, 100).map(body => body.toString().trim().split('\n'))
  let events = 0
  const started = process.cpuUsage()
  for (let turn = 0; turn < 10; turn++)
    for (const lines of texts) for (const line of lines) if (JSON.parse(line) !== null) events++
  const { user, system } = process.cpuUsage(started)
  return Math.round((events / (user + system)) * 1e6)
}

const told = { sent: 0, acknowledged: 0, refused: 0, marks: 0, answers: {}, acks: [] }
const count = answer => (told.answers[answer] = (told.answers[answer] ?? 0) + 1)

async function upload(agent, mark, body) {
  const headers = { 'content-type': 'application/x-ndjson', 'content-length': mark.length + body.length }
  const sending = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/v1/events', headers })
  sending.write(mark)
  sending.end(body)
  const [response] = await once(sending, 'response')
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode, retry: Number(response.headers['retry-after'] ?? 0), ...JSON.parse(text) }
}

const bodies = made()
process.send({ parse: parsing() })
await once(process, 'message')
const telling = setInterval(() => process.send({ ...told, acks: told.acks.splice(0) }), 1000)
const started = performance.now()
let begun = 0
let alarm = 0

/** One connection: whoever is free takes the request that is due next; what fell behind is made up for. */
async function lane() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (;;) {
    const number = begun++
    const due = started + (number * BATCH * 1000) / rate
    if (due - started >= seconds * 1000) return agent.destroy()
    const wait = due - performance.now()
    if (wait > 1) await sleep(wait)
    const at = performance.now()
    const type = at > alarm ? 'alarm' : 'mark'
    if (type === 'alarm') alarm = at + 300
    told.sent += BATCH
    const mark = `{"type":"${type}","hostname":"bench","sent":${(performance.timeOrigin + at).toFixed(3)}}\n`
    try {
      const { status, retry, accepted = 0 } = await upload(agent, mark, bodies[number % bodies.length])
      count(status)
      told.acknowledged += accepted
      told.refused += BATCH - accepted
      if (accepted > 0) told.marks++
      if (status === 202) told.acks.push(performance.now() - at)
      else await sleep(1000 * retry)
    } catch (error) {
      count(error.code ?? String(error))
      told.refused += BATCH
      await sleep(100)
    }
  }
}

await Promise.all(Array.from({ length: lanes }, lane))
clearInterval(telling)
process.send({ ...told, done: true }, () => process.disconnect())
