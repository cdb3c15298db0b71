import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Recorder, until } from '../test/recorder.ts'
import { Crowd, type WebSocketOptions, websocket } from './index.ts'

const KB = 1024
/** What is read at once of one connection, at most. */
const CHUNK = 64 * KB

const servers: WebSocketServer[] = []
const raw: Socket[] = []
afterEach(() => {
  for (const socket of raw.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate()
    server.close()
  }
})

async function started(most: number, options: Partial<WebSocketOptions> = {}) {
  const intake = new Recorder()
  const crowd = new Crowd(most)
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  servers.push(server)
  let received = 0
  server.on('connection', (socket, request) => {
    request.socket.on('data', chunk => {
      received += chunk.length
    })
    websocket(socket, { intake, address: 'ws', crowd, stream: request.socket, ...options })
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    const answers: { accepted: number }[] = []
    socket.on('message', data => answers.push(JSON.parse(String(data))))
    await once(socket, 'open')
    return { socket, answers }
  }
  /** One that begins a message of so many bytes, and can send them bit by bit. */
  const slow = async (length: number) => {
    const socket = connect(port, '127.0.0.1')
    raw.push(socket)
    socket.on('error', () => {})
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await once(socket, 'data')
    const header = Buffer.alloc(14)
    header.writeUInt16BE(0x81ff)
    header.writeBigUInt64BE(BigInt(length), 2) // behind it a mask of zeros
    socket.write(header)
    let told = Buffer.alloc(0)
    socket.on('data', data => {
      told = Buffer.concat([told, data])
    })
    return { socket, told: () => told }
  }
  return { intake, crowd, server, client, slow, port, received: () => received }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

test('while the intake is busy nobody who sends is read, and afterwards nothing is missing', async () => {
  const { intake, client, server, received } = await started(Number.POSITIVE_INFINITY)
  const clients = await Promise.all(Array.from({ length: 10 }, client))
  intake.pushBack()
  for (const { socket } of clients)
    for (let n = 0; n < 100; n++) socket.send(JSON.stringify({ n, pad: 'x'.repeat(10_000) }))
  await until(() => [...server.clients].every(each => each.isPaused), 'all paused')
  await pause(100)
  expect(received()).toBeLessThanOrEqual(10 * CHUNK)
  intake.goOn()
  await until(() => clients.every(({ answers }) => answers.length === 100), 'all answers')
  expect(intake.events).toHaveLength(1_000)
})

test('what all who send hold together is bounded; afterwards nothing is missing, and all are answered in order', async () => {
  const most = 500 * KB
  // What is in the chunk that fills it comes too, and costs a little more than its bytes.
  const atMost = most + CHUNK + 16 * KB
  const { intake, crowd, client, received } = await started(most)
  const clients = await Promise.all(Array.from({ length: 10 }, client))
  intake.hold = true
  for (const { socket } of clients)
    for (let n = 0; n < 100; n++) socket.send(JSON.stringify({ n, pad: 'x'.repeat(10_000) }))
  await until(() => crowd.full, 'no room')
  await pause(100)
  expect(crowd.held).toBeLessThanOrEqual(atMost)
  expect(received()).toBeLessThanOrEqual(atMost)
  let highest = 0
  const timer = setInterval(() => {
    intake.journal()
    highest = Math.max(highest, crowd.held)
  }, 1)
  await until(() => clients.every(({ answers }) => answers.length === 100), 'all answers')
  clearInterval(timer)
  expect(highest).toBeLessThanOrEqual(atMost)
  expect(intake.events).toHaveLength(1_000)
  await until(() => crowd.held === 0, 'all of it free again')
})

test('parts of messages count: whoever holds most of them is told to come back, the others end theirs', async () => {
  const { intake, crowd, slow, server } = await started(400 * KB)
  const text = JSON.stringify({ pad: 'x'.repeat(150 * KB) })
  const all = []
  for (let n = 0; n < 6; n++) {
    const one = await slow(text.length)
    one.socket.write(text.slice(0, (90 + n) * KB))
    all.push(one)
  }
  await until(() => server.clients.size < 6, 'some are gone')
  await pause(50)
  expect(crowd.held).toBeLessThanOrEqual(400 * KB)
  const out = all.filter(({ told }) => told().includes('send it again later'))
  expect(out.length).toBe(6 - server.clients.size)
  expect(out.every(({ told }) => told().readUInt16BE(2) === 1013)).toBe(true)
  const rest = all.filter(each => !out.includes(each))
  for (const each of rest) each.socket.write(text.slice((90 + all.indexOf(each)) * KB))
  await until(() => intake.events.length === rest.length, 'the others')
  await until(() => crowd.held === 0, 'all of it free again')
})

test('whoever is gone holds nothing; nor does one that is idle, however its messages were cut', async () => {
  const { crowd, slow, client, intake } = await started(1_000 * KB)
  const gone = await slow(100 * KB)
  gone.socket.write('x'.repeat(50 * KB))
  await until(() => crowd.held > 50 * KB, 'its part')
  gone.socket.destroy()
  await until(() => crowd.held === 0, 'nothing')
  const { socket, answers } = await client()
  for (const length of [1, 100, 200, 70_000]) {
    socket.ping('are you there')
    for (let n = 0; n < 50; n++) socket.send(JSON.stringify({ pad: 'x'.repeat(length) }))
  }
  await until(() => answers.length === 200, 'all answers')
  expect(intake.events).toHaveLength(200)
  await until(() => crowd.held === 0, 'nothing again')
})

test('whoever never reads its answers does not keep its room for ever', async () => {
  const { crowd, client, server } = await started(4_000 * KB, { ping: 50, unanswered: 100 * KB })
  const { socket } = await client()
  socket.pause()
  // Each is answered with a thousand refusals.
  for (let n = 0; n < 2_000; n++) socket.send('x\n'.repeat(1_000))
  await until(() => [...server.clients].some(each => each.isPaused), 'it is not read')
  await until(() => server.clients.size === 0, 'its end')
  await until(() => crowd.held === 0, 'its room')
})
