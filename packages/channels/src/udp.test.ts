import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { testContext, until } from '../test/recorder.ts'
import { type Channel, udp } from './index.ts'

const running: Channel[] = []
afterEach(async () => {
  for (const channel of running.splice(0)) await channel.stop()
})

async function started(options: Parameters<typeof udp>[0] = {}) {
  const channel = udp({ port: 0, ...options })
  const context = testContext()
  await channel.start(context)
  running.push(channel)
  const port = Number(new URL(channel.address!).port)
  const host = new URL(channel.address!).hostname.replace(/[[\]]/g, '')
  const send = (...datagrams: (string | Uint8Array)[]) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    const sent = datagrams.map(bytes => new Promise<void>(done => socket.send(bytes, port, host, () => done())))
    return Promise.all(sent).then(() => void socket.close())
  }
  return { channel, send, port, ...context }
}

test('a datagram is one event, or several lines', async () => {
  const { send, intake } = await started()
  await send('{"type":"a"}', '{"type":"b"}\n{"type":"c"}\n')
  await until(() => intake.events.length === 3, 'three events')
  expect(intake.events.map(e => e.type).sort()).toEqual(['a', 'b', 'c'])
  expect(intake.events[0]!.hostname).toBe('127.0.0.1')
  expect(intake.senders[0]).toEqual({ channel: 'udp', address: '127.0.0.1' })
})

test('the largest datagram there is arrives whole', async () => {
  const { send, intake } = await started()
  const message = 'x'.repeat(65_507 - '{"message":""}'.length)
  await send(JSON.stringify({ message }))
  await until(() => intake.events.length === 1, 'the event')
  expect(intake.events[0]!.additional_info).toEqual({ message })
})

test('bytes that are no JSON are refused and harm nobody', async () => {
  const { send, intake } = await started()
  await send(randomBytes(1_000), new Uint8Array(0), Buffer.from([0xff, 0xfe, 0]), '{"type":"good"}')
  await until(() => intake.events.length === 1 && intake.problems.length >= 2, 'the good one')
  expect(intake.events[0]!.type).toBe('good')
})

test('what arrives while the intake is busy is dropped and counted by the line', async () => {
  const { send, intake } = await started()
  intake.pushBack('the disk is full')
  await send('{"n":1}\n{"n":2}\n\n{"n":3}')
  await until(() => intake.drops.length === 1, 'the drop')
  expect(intake.drops).toEqual([{ channel: 'udp', events: 3, reason: 'the disk is full' }])
  intake.goOn()
  await send('{"n":4}')
  await until(() => intake.events.length === 1, 'the next')
})

test('IPv6 works and the kernel is asked about the right socket', async () => {
  const { send, intake, channel } = await started({ host: '::1' })
  expect(channel.address).toMatch(/^udp:\/\/\[::1\]:\d+$/)
  await send('{"type":"six"}')
  await until(() => intake.events.length === 1, 'the event')
  expect(intake.events[0]!.hostname).toBe('::1')
})

const linux = process.platform === 'linux'
test.skipIf(!linux)('datagrams the kernel had to drop are counted (needs /proc)', async () => {
  const { channel, port, intake, logs } = await started({ receiveBuffer: 4_096 })
  expect(logs).toEqual([])
  // Nobody reads while this thread is held, so the small buffer overflows.
  const { execFileSync } = await import('node:child_process')
  const flood = `const s=require('dgram').createSocket('udp4');let n=0;const b=Buffer.alloc(1000,120);for(let i=0;i<500;i++)s.send(b,${port},'127.0.0.1',()=>{if(++n===500)s.close()})`
  execFileSync(process.execPath, ['-e', flood])
  const table = await readFile('/proc/net/udp', 'latin1')
  const line = table.split('\n').find(l => l.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000`))
  const drops = Number(line!.trim().split(/\s+/).at(-1))
  expect(drops).toBeGreaterThan(0)
  await channel.stop()
  expect(intake.drops).toEqual([
    { channel: 'udp', events: drops, reason: expect.stringContaining('receive buffer of udp://127.0.0.1') },
  ])
  expect(intake.problems.length + drops).toBe(500)
})

test('a receive buffer smaller than asked for is said', async () => {
  const { logs } = await started({ receiveBuffer: 1 << 30 })
  expect(logs.join()).toMatch(/receive buffer of \d+ KB instead of 1048576 KB/)
})

test('stopping hands over what the kernel had received', async () => {
  const { channel, send, intake } = await started()
  await send(...Array.from({ length: 400 }, (_, n) => JSON.stringify({ n })))
  await channel.stop()
  expect(intake.events.length).toBe(400)
})

test('a taken port is said in a sentence', async () => {
  const { port } = await started()
  await expect(udp({ port }).start(testContext())).rejects.toThrow(`UDP port ${port} on 127.0.0.1 is taken`)
  await expect(udp({ port: 0, host: '192.0.2.1' }).start(testContext())).rejects.toThrow('no address of this machine')
})

test('what could not be journaled is dropped, and counted: nobody is told', async () => {
  const { send, intake } = await started()
  intake.hold = true
  await send('{"n":1}\n{bad\n{"n":2}')
  await until(() => intake.held === 1, 'the datagram')
  intake.journal(new Error('disk full'))
  await until(() => intake.drops.length === 1, 'the drop')
  expect(intake.drops).toEqual([{ channel: 'udp', events: 2, reason: 'not journaled: disk full' }])
})
