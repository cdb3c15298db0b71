import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type Batch, scan, wallClock, writeLines } from '@telltale/event'
import { type Journal, Pipeline } from '@telltale/pipeline'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { until } from '../test/recorder.ts'
import { file, health, host, stdin, tcp, udp, websocket } from './index.ts'

/** Lines in a file, one write at a time. */
class FileJournal implements Journal {
  pressure: Journal['pressure']
  readonly path: string = join(mkdtempSync(join(tmpdir(), 'telltale-channels-')), 'journal.ndjson')
  #seq = 1
  #writing: Promise<void> = Promise.resolve()

  append(batch: Batch): Promise<void> {
    batch.seq = this.#seq
    batch.collector = 'test'
    this.#seq += batch.length
    this.#writing = this.#writing.then(() => appendFile(this.path, writeLines(batch)))
    return this.#writing
  }

  read() {
    const { batch, problems } = scan(readFileSync(this.path), { hostname: '?', receivedAt: 0, trusted: true })
    expect(problems).toEqual([])
    return Array.from({ length: batch.length }, (_, row) => batch.event(row))
  }
}

test('through the real pipeline into a journal: every event of every channel once, answers after the journal', async () => {
  const journal = new FileJournal()
  const pipeline = new Pipeline({ journal, clock: wallClock, hostname: 'me' })
  const context = { intake: pipeline, clock: wallClock, log: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'telltale-channels-'))
  const path = join(folder, 'app.log')
  writeFileSync(path, '')
  const input = new PassThrough()
  const channels = {
    udp: udp({ port: 0 }),
    tcp: tcp({ port: 0 }),
    file: file({ path, every: 10, type: 'log', state: join(folder, 'position') }),
    stdin: stdin({ stream: input, type: 'input' }),
    host: host({ every: 200 }),
    health: health({ every: 200 }),
  }
  for (const channel of Object.values(channels)) await channel.start(context)
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', socket => websocket(socket, { intake: pipeline, address: 'ws' }))
  await once(server, 'listening')
  const port = (channel: { address?: string }) => Number(new URL(channel.address!).port)

  const count = 2_000
  const datagrams = createSocket('udp4')
  for (let n = 0; n < count; n++)
    await new Promise(done => datagrams.send(`{"type":"udp","n":${n}}`, port(channels.udp), '127.0.0.1', done))
  datagrams.close()
  const line = connect(port(channels.tcp), '127.0.0.1')
  let answers = ''
  line.on('data', data => {
    answers += data
  })
  line.write('{"telltale":"ack"}\n')
  for (let n = 0; n < count; n++) line.write(`{"type":"tcp","n":${n}}\n`)
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await once(client, 'open')
  let answered = 0
  client.on('message', data => {
    answered += (JSON.parse(String(data)) as { accepted: number }).accepted
  })
  for (let n = 0; n < count; n += 10)
    client.send(Array.from({ length: 10 }, (_, i) => `{"type":"ws","n":${n + i}}`).join('\n'))
  for (let n = 0; n < count; n++) {
    appendFileSync(path, `${n} plain\n`)
    input.write(`{"n":${n}}\n`)
  }
  input.end()

  const accepted = () =>
    answers
      .split('\n')
      .reduce((sum, text) => sum + (text === '' ? 0 : (JSON.parse(text) as { accepted: number }).accepted), 0)
  await until(() => answered === count && accepted() === count, 'all answers')
  const acknowledged = journal.read()
  for (const type of ['tcp', 'ws']) expect(acknowledged.filter(e => e.type === type)).toHaveLength(count)
  const { host: vitals, health: own, udp: packets, file: log } = channels
  const taken = (name: string) => pipeline.channels.get(name)?.accepted ?? 0
  await until(() => taken(vitals.name) > 0 && taken(own.name) > 0, 'a round of vitals')
  await until(() => taken(packets.name) === count && taken(log.name) === count, 'datagrams and lines')
  client.close()
  server.close()
  for (const channel of Object.values(channels)) await channel.stop()
  await pipeline.stop()

  const events = journal.read()
  const numbers = (type: string) => events.filter(e => e.type === type).map(e => e.additional_info['n'])
  const all = Array.from({ length: count }, (_, n) => n)
  for (const type of ['udp', 'tcp', 'ws', 'input']) expect(numbers(type)).toEqual(all)
  const lines = events.filter(e => e.type === 'log').map(e => e.additional_info['message'])
  expect(lines).toEqual(all.map(n => `${n} plain`))
  expect(events.map(e => e.seq)).toEqual(events.map((_, i) => i + 1))
  expect(events.every(e => e.md5.length === 32)).toBe(true)
  const types = new Set(events.map(e => e.type))
  for (const type of ['host_cpu', 'host_disk', 'telltale_health']) expect([...types]).toContain(type)
})
