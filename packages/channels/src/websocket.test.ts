import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Recorder, until } from '../test/recorder.ts'
import { type WebSocketIntake, type WebSocketOptions, websocket } from './index.ts'

const servers: WebSocketServer[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate()
    server.close()
  }
})

async function connected(options: Partial<WebSocketOptions> = {}) {
  const intake = new Recorder()
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  servers.push(server)
  const mounted = new Promise<{ socket: WebSocket; served: WebSocketIntake }>(resolve =>
    server.on('connection', (socket, request) =>
      resolve({ socket, served: websocket(socket, { intake, address: request.socket.remoteAddress!, ...options }) }),
    ),
  )
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const answers: unknown[] = []
  client.on('message', data => answers.push(JSON.parse(String(data))))
  await once(client, 'open')
  return { intake, client, answers, ...(await mounted) }
}

test('each message is taken in any form and answered in order', async () => {
  const { client, intake, answers } = await connected()
  client.send('{"type":"a"}')
  client.send(Buffer.from('[{"type":"b"},{"type":"c"}]'))
  client.send('{"type":"d"}\nnot json\n{"type":"e"}')
  await until(() => answers.length === 3, 'three answers')
  expect(answers).toEqual([
    { accepted: 1, rejected: [] },
    { accepted: 2, rejected: [] },
    { accepted: 2, rejected: [{ index: 1, reason: expect.any(String) }] },
  ])
  expect(intake.events.map(e => e.type)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(intake.senders[0]).toEqual({ channel: 'websocket', address: '127.0.0.1' })
})

test('a sender by IPv4 is named as such, also where it came through an IPv6 socket', async () => {
  const { client, intake, answers } = await connected({ address: '::ffff:10.0.0.7' })
  client.send('{"type":"a"}')
  await until(() => answers.length === 1, 'the answer')
  expect(intake.events[0]!.hostname).toBe('10.0.0.7')
})

test('it answers after journaling, not before, and says where that failed', async () => {
  const { client, intake, answers } = await connected()
  intake.hold = true
  client.send('{"n":1}')
  await until(() => intake.held === 1, 'the event')
  expect(answers).toEqual([])
  intake.journal()
  await until(() => answers.length === 1, 'the answer')
  client.send('{"n":2}')
  await until(() => intake.held === 1, 'the second')
  intake.journal(new Error('disk full'))
  await until(() => answers.length === 2, 'the failure')
  expect(answers[1]).toEqual({ accepted: 0, rejected: [], error: 'not journaled, send it again: disk full' })
})

test('while the intake is busy the peer is not read beyond the bound; afterwards nothing is missing', async () => {
  const { client, intake, answers, socket } = await connected({ unanswered: 64 * 1024 })
  intake.pushBack()
  for (let n = 0; n < 500; n++) client.send(JSON.stringify({ n, pad: 'x'.repeat(1_000) }))
  await until(() => socket.isPaused, 'the pause')
  expect(intake.events).toEqual([])
  intake.goOn()
  await until(() => answers.length === 500, 'all answers')
  expect(intake.events.map(e => e.additional_info['n'])).toEqual(Array.from({ length: 500 }, (_, n) => n))
  expect(socket.isPaused).toBe(false)
})

test('a peer that answers pings stays, one that does not is dropped', async () => {
  const { client, served, socket } = await connected({ ping: 20 })
  let pings = 0
  client.on('ping', () => pings++)
  await until(() => pings >= 3, 'three pings')
  expect(socket.readyState).toBe(socket.OPEN)
  client.pause()
  await served.closed
})

test('stopping hands over and answers what was received', async () => {
  const { client, intake, answers, served } = await connected()
  const closed = once(client, 'close')
  for (let n = 0; n < 100; n++) client.send(`{"n":${n}}`)
  await until(() => intake.events.length > 0, 'the first')
  await served.stop()
  const [code] = await closed
  expect(code).toBe(1001)
  expect(answers.length).toBe(intake.takes)
  expect(intake.events.length).toBe(intake.takes)
})

test('what is not UTF-8: replaced in a binary message, the end of the connection (1007) in a text', async () => {
  const { client, intake, answers } = await connected()
  const bytes = Buffer.from([...Buffer.from('{"type":"a","m":"'), 0xff, ...Buffer.from('"}')])
  client.send(bytes)
  await until(() => answers.length === 1, 'the answer')
  expect(intake.events[0]!.additional_info).toEqual({ m: '\ufffd' })
  client.send(bytes, { binary: false })
  const [code] = await once(client, 'close')
  expect([code, intake.events.length]).toEqual([1007, 1])
})
