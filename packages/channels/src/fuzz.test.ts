import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { testContext, until } from '../test/recorder.ts'
import { tcp, udp, websocket } from './index.ts'

const EVENT = Buffer.from(
  '{"type":"page_load","hostname":"h","time":1795132800001.25,"tags":["a"],"additional_info":{"__proto__":{"x":1},"t":0.5,"deep":[[{"a":"\\u00e9"}]]}}\n',
)
const GOOD = '{"type":"good"}'

/** Whole events with some of their bytes changed, taken out or repeated; and noise. */
const inputs = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }).map(bytes => Buffer.from(bytes)),
    fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.tuple(fc.nat(700), fc.nat(255), fc.nat(2)), { maxLength: 8 }))
      .map(([times, changes]) => {
        let bytes = Buffer.concat(Array<Buffer>(times).fill(EVENT))
        for (const [where, byte, how] of changes) {
          const at = where % bytes.length
          if (how === 0) bytes[at] = byte
          else if (how === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + (byte % 50))])
          else bytes = Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)])
          if (bytes.length === 0) bytes = Buffer.from(EVENT)
        }
        return bytes
      }),
  ),
  { minLength: 1, maxLength: 60 },
)
const runs = { numRuns: 40 }

test('UDP: no datagram stops the next', async () => {
  const context = testContext()
  const channel = udp({ port: 0 })
  await channel.start(context)
  const port = Number(new URL(channel.address!).port)
  const socket = createSocket('udp4')
  const send = (bytes: string | Buffer) => new Promise(done => socket.send(bytes, port, '127.0.0.1', done))
  await fc.assert(
    fc.asyncProperty(inputs, async datagrams => {
      for (const datagram of datagrams) await send(datagram)
      const before = context.intake.events.filter(e => e.type === 'good').length
      await send(GOOD)
      await until(() => context.intake.events.filter(e => e.type === 'good').length > before, 'the good one')
      context.intake.events = []
    }),
    runs,
  )
  socket.close()
  await channel.stop()
})

test('TCP: no bytes stop the next line, nor other connections; each line is answered', async () => {
  const context = testContext()
  const channel = tcp({ port: 0 })
  await channel.start(context)
  const port = Number(new URL(channel.address!).port)
  await fc.assert(
    fc.asyncProperty(inputs, async chunks => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      let answers = ''
      socket.on('data', data => {
        answers += data
      })
      socket.write('{"telltale":"ack"}\n')
      for (const chunk of chunks) socket.write(chunk)
      context.intake.events = []
      context.intake.problems = []
      socket.end(`\n${GOOD}`)
      await once(socket, 'end')
      const answered = answers
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { accepted: number; rejected: object[] })
      expect(context.intake.events.at(-1)!.type).toBe('good')
      expect(answered.reduce((n, { accepted }) => n + accepted, 0)).toBe(context.intake.events.length)
      expect(answered.reduce((n, { rejected }) => n + rejected.length, 0)).toBe(context.intake.problems.length)
    }),
    runs,
  )
  await channel.stop()
  expect(({} as { x?: number }).x).toBeUndefined()
})

test('WebSocket: each message is answered, and broken frames end only their own connection', async () => {
  const { intake } = testContext()
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', socket => websocket(socket, { intake, address: 'peer' }))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const open = async () => {
    const client = new WebSocket(`ws://127.0.0.1:${port}`)
    client.on('error', () => {})
    await once(client, 'open')
    return client
  }
  const steady = await open()
  let answers = 0
  steady.on('message', () => answers++)
  await fc.assert(
    fc.asyncProperty(inputs, async messages => {
      answers = 0
      for (const message of messages) steady.send(message)
      await until(() => answers === messages.length, 'all answers')
      const broken = await open()
      const closed = once(broken, 'close')
      for (const message of messages)
        (broken as unknown as { _socket: { write(b: Buffer): void } })._socket.write(message)
      broken.terminate()
      await closed
    }),
    runs,
  )
  steady.terminate()
  server.close()
})
