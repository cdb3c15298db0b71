import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { keepAlives } from '../test/keep-alive.ts'
import { testContext, until } from '../test/recorder.ts'
import { type Channel, tcp } from './index.ts'

const running: Channel[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const channel of running.splice(0)) await channel.stop()
})

async function started(options: Parameters<typeof tcp>[0] = {}) {
  const channel = tcp({ port: 0, ...options })
  const context = testContext()
  await channel.start(context)
  running.push(channel)
  const port = Number(new URL(channel.address!).port)
  const client = async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    sockets.push(socket)
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', () => {})
    await once(socket, 'connect')
    return {
      socket,
      answers: () =>
        text
          .split('\n')
          .filter(Boolean)
          .map(line => JSON.parse(line)),
    }
  }
  return { channel, client, port, ...context }
}

const numbers = (context: { intake: { events: { additional_info: object }[] } }) =>
  context.intake.events.map(e => (e.additional_info as { n: number }).n)

test('lines are events however they are cut; the last needs no newline', async () => {
  const context = await started()
  const { socket } = await context.client()
  socket.setNoDelay(true)
  for (const part of ['{"n":1}\n{"n"', ':2}\n', '{"n":3}\n{"n":4', '}']) {
    socket.write(part)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  expect(numbers(context)).toEqual([1, 2, 3])
  socket.end()
  await until(() => context.intake.events.length === 4, 'the last line')
  expect(numbers(context)).toEqual([1, 2, 3, 4])
  expect(context.intake.senders[0]).toEqual({ channel: 'tcp', address: '127.0.0.1' })
})

test('a bad line is refused and the next is taken', async () => {
  const { client, intake } = await started()
  const { socket } = await client()
  socket.end(Buffer.concat([Buffer.from('{"n":1}\nnonsense\n'), Buffer.from([0xff, 0, 10]), Buffer.from('{"n":2}\n')]))
  await until(() => intake.events.length === 2, 'two events')
  expect(intake.problems).toHaveLength(2)
})

test('with plain: message such a line is one', async () => {
  const { client, intake } = await started({ plain: 'message', type: 'log' })
  const { socket } = await client()
  socket.end('Connection refused\n{"n":2}\n')
  await until(() => intake.events.length === 2, 'two events')
  expect(intake.events[0]).toMatchObject({ type: 'log', additional_info: { message: 'Connection refused' } })
})

test('a line that is too long is refused and the connection goes on', async () => {
  const { client, intake } = await started()
  const { socket, answers } = await client()
  socket.write('{"telltale":"ack"}\n{"n":1}\n')
  socket.write(`{"long":"${'x'.repeat(3_000_000)}"}\n`)
  socket.write('{"n":2}\n')
  await until(() => intake.events.length === 2, 'two events')
  await until(() => answers().reduce((n, a) => n + a.accepted + a.rejected.length, 0) === 3, 'all answers')
  expect(intake.drops).toEqual([{ channel: 'tcp', events: 1, reason: 'a line longer than 262144 bytes' }])
  expect(answers().flatMap(a => a.rejected)).toEqual([{ index: 0, reason: 'longer than 262144 bytes' }])
})

test('who asks for it is answered after journaling, in order', async () => {
  const { client, intake } = await started()
  const { socket, answers } = await client()
  intake.hold = true
  socket.write('{"telltale":"ack"}\n')
  socket.write('{"n":1}\n{bad\n{"n":2}\n')
  await until(() => intake.events.length === 2, 'the events')
  expect(answers()).toEqual([])
  intake.journal()
  await until(() => answers().length === 1, 'the answer')
  expect(answers()).toEqual([{ accepted: 2, rejected: [{ index: 1, reason: expect.any(String) }] }])
  socket.end('{"n":3}')
  await until(() => intake.held === 1, 'the last')
  intake.journal()
  await once(socket, 'end')
  expect(answers().at(-1)).toEqual({ accepted: 1, rejected: [] })
})

test('where more are rejected than are listed, their number is told', async () => {
  const { client } = await started()
  const { socket, answers } = await client()
  socket.write('{"telltale":"ack"}\n')
  // In one go: a run of lines that came together is answered together.
  socket.end('x\n'.repeat(20_000))
  await once(socket, 'end')
  const total = answers().reduce((n, { rejected, rejected_total }) => n + (rejected_total ?? rejected.length), 0)
  expect(total).toBe(20_000)
})

test('where the journal fails the client is told, and the connection ends', async () => {
  const { client, intake } = await started()
  const { socket, answers } = await client()
  intake.hold = true
  socket.write('{"telltale":"ack"}\n{"n":1}\n')
  await until(() => intake.held === 1, 'the event')
  intake.journal(new Error('disk full'))
  await once(socket, 'end')
  expect(answers()).toEqual([{ accepted: 0, rejected: [], error: 'not journaled, send it again: disk full' }])
})

test('after that nothing more is read; who asks for answers is to have no holes, who does not loses nothing', async () => {
  const { client, intake } = await started()
  const { socket } = await client()
  const other = await client()
  intake.hold = true
  socket.write('{"telltale":"ack"}\n{"n":1}\n')
  await until(() => intake.held === 1, 'the event')
  intake.journal(new Error('disk full'))
  await once(socket, 'end')
  socket.write('{"n":2}\n')
  other.socket.write('{"n":3}\n')
  await until(() => intake.events.length === 2, 'the other')
  expect(intake.events[1]!.additional_info).toEqual({ n: 3 })
  expect(intake.senders.map(({ strand }) => strand !== undefined)).toEqual([true, false])
})

test('while the intake is busy the sender is held back, and then nothing is missing', async () => {
  const context = await started()
  const { socket } = await context.client()
  context.intake.pushBack()
  const total = 200_000
  let all = ''
  for (let n = 0; n < total; n++) all += `{"n":${n},"pad":"${'x'.repeat(100)}"}\n`
  const sent = new Promise<void>(resolve => socket.end(all, resolve))
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(socket.writableLength).toBeGreaterThan(1_000_000)
  expect(context.intake.takes).toBe(0)
  context.intake.goOn()
  await sent
  await until(() => context.intake.events.length === total, 'all')
  expect(numbers(context).every((n, i) => n === i)).toBe(true)
})

test('a sender with too much that is not journaled waits; the others do not', async () => {
  const { client, intake } = await started({ unjournaled: 10_000 })
  const [greedy, other] = [await client(), await client()]
  intake.hold = true
  greedy.socket.write(`{"pad":"${'x'.repeat(20_000)}"}\n`)
  await until(() => intake.events.length === 1, 'the first')
  greedy.socket.write('{"n":2}\n')
  other.socket.write('{"n":3}\n')
  await until(() => intake.events.length === 2, 'the other')
  expect(intake.events[1]!.additional_info).toEqual({ n: 3 })
  intake.journal()
  await until(() => intake.events.length === 3, 'the one that waited')
})

test('beyond the bound connections are closed at once, and it is said', async () => {
  const { client, intake, logs } = await started({ connections: 1 })
  const first = await client()
  const second = await client()
  await until(() => second.socket.readableEnded || second.socket.destroyed, 'the refusal')
  first.socket.write('{"n":1}\n')
  await until(() => intake.events.length === 1, 'the event')
  const third = await client()
  await until(() => third.socket.readableEnded || third.socket.destroyed, 'the other refusal')
  expect(logs).toEqual([expect.stringContaining('1 connections are open')])
  const away = { channel: 'tcp', reason: expect.stringContaining('1 connections are open') }
  expect(intake.away).toEqual([away, away])
})

test('scar: stopping hands over what was sent, also an event without its newline, and answers who waits; half an event is not told to be a bad one', async () => {
  const { client, channel, intake } = await started()
  const plain = await client()
  const acked = await client()
  acked.socket.write('{"telltale":"ack"}\n{"n":1}\n{"n":2')
  plain.socket.write('{"n":3}\n{"n":4}')
  await until(() => intake.events.length >= 2, 'the whole lines')
  const ended = once(acked.socket, 'end')
  await channel.stop()
  await ended
  expect(intake.events).toHaveLength(3)
  expect([intake.problems, intake.drops]).toEqual([[], []])
  expect(acked.answers()).toEqual([{ accepted: 1, rejected: [] }])
})

test('stopping does not wait for ever for a journal that is stuck', async () => {
  const { client, channel, intake } = await started({ stuck: 1_000 })
  const { socket } = await client()
  socket.write('{"n":1}\n')
  await until(() => intake.events.length === 1, 'the event')
  intake.pushBack()
  socket.write('{"n":2}\n')
  await new Promise(resolve => setTimeout(resolve, 50))
  await channel.stop()
  expect(intake.events).toHaveLength(1)
})

test('a reset in the middle harms nobody', async () => {
  const { client, intake } = await started()
  const { socket } = await client()
  socket.write('{"n":1}\n{"n":')
  await until(() => intake.events.length === 1, 'the first')
  socket.resetAndDestroy()
  await until(() => intake.drops.length === 1, 'the torn line')
  expect([intake.problems, intake.drops[0]]).toEqual([
    [],
    { channel: 'tcp', events: 1, reason: 'a line that was cut off' },
  ])
  const next = await client()
  next.socket.write('{"n":2}\n')
  await until(() => intake.events.length === 2, 'the next')
})

test('a taken port is said in a sentence', async () => {
  const { port } = await started()
  await expect(tcp({ port }).start(testContext())).rejects.toThrow(
    `TCP port ${port} on 127.0.0.1 is taken by another process: stop that one or choose another port`,
  )
})

test('what could not be journaled is dropped, and counted, where nobody is told', async () => {
  const { client, intake } = await started()
  intake.hold = true
  const silent = await client()
  silent.socket.write('{"n":1}\n{"n":2}\n')
  await until(() => intake.held === 1, 'lines of who is not answered')
  const told = await client()
  told.socket.write('{"telltale":"ack"}\n{"n":3}\n')
  await until(() => intake.held === 2, 'lines of who is answered')
  intake.journal(new Error('disk full'))
  await until(() => told.answers().length === 1, 'the answer')
  expect(intake.drops).toEqual([{ channel: 'tcp', events: 2, reason: 'not journaled: disk full' }])
})

test.skipIf(process.platform !== 'linux')('the system is to ask whether a silent peer is still there', async () => {
  const { client, port } = await started()
  await client()
  // It may not be accepted yet.
  const asked = await vi.waitFor(async () => {
    const all = await keepAlives(port)
    expect(all).toEqual([expect.any(Number)])
    return all[0]!
  })
  expect(asked).toBeGreaterThan(30)
  expect(asked).toBeLessThanOrEqual(60)
})
