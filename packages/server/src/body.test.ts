import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { type Batch, SimulatedClock } from '@telltale/event'
import { Pipeline } from '@telltale/pipeline'
import { expect, test, vi } from 'vitest'
import { type BodyOptions, decoded, discard, takeBody } from './body.ts'
import { Room } from './room.ts'

const LINE = `{"type":"t","message":"${'x'.repeat(976)}"}\n`
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A body being read into a pipeline whose journal takes a batch when it is told to. */
function made(options: Partial<BodyOptions> = {}) {
  const clock = new SimulatedClock(1e12)
  let seq = 1
  let fail: Error | undefined
  const journal = {
    pressure: undefined as Pipeline['busy'],
    async append(batch: Batch) {
      if (fail !== undefined) throw fail
      batch.seq = seq
      seq += batch.length
    },
  }
  const pipeline = new Pipeline({ journal, clock, hostname: 'me', gatherEvents: 1 })
  const stop = new AbortController()
  const stream = new PassThrough()
  const room = new Room(8 * 1024 * 1024)
  const all = {
    maxWhole: 4 * 1024 * 1024,
    lines: true,
    patience: 20,
    lastWords: 100,
    room,
    stopping: stop.signal,
    ...options,
  }
  const read = (from = stream as NonNullable<ReturnType<typeof decoded>>) =>
    takeBody(from, pipeline, { channel: 'http', address: 'a' }, all)
  return {
    journal,
    read,
    room,
    stream,
    stop: () => stop.abort(),
    failWith: (error: Error) => {
      fail = error
    },
    taken: () => seq - 1,
    rejects: () => pipeline.rejects.list(10).map(({ reason }) => reason),
  }
}

test('a body that ends soon after the stop is taken whole', async () => {
  const { read, stream, stop, taken } = made({ lastWords: 10_000 })
  const outcome = read()
  stream.write(LINE.repeat(30) + LINE.slice(0, 500))
  await turn()
  stop()
  stream.end(LINE.slice(500) + LINE.repeat(20))
  const { accepted, stopped } = await outcome
  expect([accepted, stopped, taken()]).toEqual([51, undefined, 51])
})

test('of one that goes on, what was taken is told, no more is taken, and the stream lives on for the answer', async () => {
  const { read, stream, stop, taken } = made()
  const outcome = read()
  stream.write(LINE.repeat(30) + LINE.slice(0, 500))
  await turn()
  stop()
  expect(await outcome).toMatchObject({
    accepted: 30,
    rejectedTotal: 0,
    stopped: { status: 503, message: 'Telltale is stopping', retryAfter: 1 },
  })
  expect(taken()).toBe(30)
  expect(stream.destroyed).toBe(false)
  // the rest is read away, so that its sender can hear the answer
  const rest = discard(stream, 10_000)
  stream.end(LINE.slice(500) + LINE.repeat(1000))
  await rest
  expect(stream.readableEnded).toBe(true)
})

test('a body that begins after the stop is not taken at all', async () => {
  const { read, stream, stop, taken } = made()
  stop()
  stream.end(LINE)
  expect(await read()).toMatchObject({ accepted: 0, stopped: { status: 503 } })
  expect(taken()).toBe(0)
})

test('where the journal fails in the middle, the part before counts as accepted, none of the rest', async () => {
  const { read, stream, failWith, taken } = made()
  const outcome = read()
  stream.write(`${LINE.repeat(10)}oops\n`)
  await turn()
  await turn()
  failWith(new Error('the disk is full'))
  stream.write(LINE.repeat(10))
  await turn()
  await turn()
  stream.write(LINE.repeat(10))
  const { accepted, rejectedTotal, rejected, stopped } = await outcome
  expect([accepted, rejectedTotal, rejected.length, taken()]).toEqual([10, 1, 1, 10])
  expect(stopped).toMatchObject({ status: 503, message: expect.stringContaining('the disk is full'), retryAfter: 1 })
})

test('where the journal refuses a piece in the middle and would take the next, none behind it is in', async () => {
  const { read, stream, journal, taken } = made()
  const { append } = journal
  let room: () => void = () => {}
  journal.append = async batch => {
    await append(batch)
    await new Promise<void>(resolve => {
      room = resolve
    })
  }
  const outcome = read()
  const pieces = async (piece: string): Promise<void> => {
    stream.write(piece)
    for (let i = 0; i < 3; i++) await turn()
  }
  await pieces(LINE.repeat(10))
  journal.append = async () => {
    throw new Error('the disk is slow')
  }
  await pieces(LINE.repeat(20))
  journal.append = append
  await pieces(LINE.repeat(30))
  room()
  expect(await outcome).toMatchObject({ accepted: 10, stopped: { status: 503 } })
  expect(taken()).toBe(10)
})

test('bodies share one room; who finds none is told to come back, and what one held is free again', async () => {
  const room = new Room(100_000)
  const first = made({ room, lines: false })
  const second = made({ room, lines: false })
  const waiting = first.read()
  first.stream.write(`[${`${LINE.trim()},`.repeat(60)}`)
  await turn()
  const refused = second.read()
  second.stream.write(`[${`${LINE.trim()},`.repeat(60)}`)
  expect(await refused).toMatchObject({
    accepted: 0,
    stopped: { status: 503, message: expect.stringContaining('100000'), retryAfter: 1 },
  })
  first.stream.end(`${LINE.trim()}]`)
  expect(await waiting).toMatchObject({ accepted: 61, rejectedTotal: 0 })
  expect(room.take(100_000)).toBe(true)
})

test('while the journal pushes back a long upload waits, then is stopped with what was taken of it', async () => {
  const { read, stream, journal, room } = made()
  const outcome = read()
  stream.write(LINE.repeat(5))
  await turn()
  await turn()
  journal.pressure = { reason: 'the journal is full', retryAfter: 7 }
  stream.write(LINE.repeat(5) + LINE.slice(0, 99))
  expect(await outcome).toMatchObject({
    accepted: 10,
    stopped: { status: 503, message: 'the journal is full', retryAfter: 7 },
  })
  expect(room.take(room.most)).toBe(true)
})

test('a body whose connection breaks in the middle: what came before is taken and told', async () => {
  const cut = new AbortController()
  const { read, stream, taken } = made({ cut: cut.signal })
  const outcome = read()
  stream.write(LINE.repeat(10))
  await turn()
  stream.write(LINE.repeat(10) + LINE.slice(0, 99))
  cut.abort(new Error('it ended'))
  expect(await outcome).toMatchObject({
    accepted: 20,
    stopped: { status: 400, message: 'the body broke off: it ended', hint: expect.stringContaining('go on behind') },
  })
  expect(taken()).toBe(20)
})

test('compressed, and broken in the middle: what came before counts, and the reason is the stream’s', async () => {
  const { read, taken } = made()
  const whole = gzipSync(LINE.repeat(500))
  const good = new PassThrough()
  good.end(whole)
  expect(await read(decoded(good, 'gzip'))).toMatchObject({ accepted: 500 })
  const broken = new PassThrough()
  broken.end(whole.subarray(0, whole.length / 2))
  const { accepted, stopped } = await read(decoded(broken, 'gzip'))
  expect(stopped).toMatchObject({ status: 400, message: expect.stringContaining('unexpected end') })
  expect(taken()).toBe(500 + accepted)
})

/** A pause long enough for all that was written to be read. */
const pause = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await turn()
}

test('a line too long costs only itself, wherever it stands, and is held by nobody', async () => {
  const { read, stream, room, taken, rejects } = made()
  const outcome = read()
  const long = `{"a":"${'x'.repeat(65_530)}`
  stream.write(LINE.repeat(3) + long)
  for (let i = 0; i < 200; i++) {
    stream.write('y'.repeat(65_536))
    if (i % 10 === 0) await pause()
  }
  await pause()
  expect(room.take(room.most)).toBe(true)
  room.give(room.most)
  stream.write(`"}\n${LINE.repeat(2)}oops\n{"b":"${'z'.repeat(300_000)}"}\n`)
  stream.end(LINE + long.repeat(40))
  const { accepted, rejected, stopped } = await outcome
  expect([accepted, stopped, taken()]).toEqual([6, undefined, 6])
  expect(rejects().filter(reason => reason === 'longer than 262144 bytes').length).toBe(3)
  expect(rejected).toEqual([
    { index: 3, reason: 'longer than 262144 bytes' },
    { index: 6, reason: expect.stringContaining('expected an event') },
    { index: 7, reason: 'longer than 262144 bytes' },
    { index: 9, reason: 'longer than 262144 bytes' },
  ])
})

test('an array in a line longer than an event may be is taken', async () => {
  const { read, stream } = made()
  stream.end(`${LINE}[${`${LINE.trim()},`.repeat(500)}{}]\n${LINE}`)
  expect(await read()).toMatchObject({ accepted: 503, rejectedTotal: 0 })
})

test('an empty array is nothing, and taken; an empty body is none', async () => {
  for (const lines of [true, false])
    for (const [body, unreadable] of [
      ['[]', false],
      ['\ufeff\n [ ]\n', false],
      ['[]\n[]\n', false],
      ['', true],
      [' \r\n\n\t', true],
      ['\ufeff\n', true],
      ['[', true],
    ] as const) {
      const { read, stream } = made({ lines })
      stream.end(body)
      const outcome = await read()
      expect([body, outcome.accepted, outcome.unreadable, outcome.stopped]).toEqual([body, 0, unreadable, undefined])
    }
})

test('lines that do not say so are taken as they come, so that an upload may go on for ever', async () => {
  const { read, room, stream, stop, taken } = made({ lines: false })
  const outcome = read()
  for (const [piece, so] of [
    [LINE, 1],
    [`${LINE.repeat(2)}{"type":\n`, 3],
    [`${LINE}{\n  "type": "pretty"`, 4],
    ['\n}\n', 5],
    ['[{},\n', 5],
    ['{}]\n{"ty', 7],
  ] as const) {
    stream.write(piece)
    await pause()
    expect(taken()).toBe(so)
  }
  expect(room.take(room.most - 5)).toBe(true)
  stop()
  expect(await outcome).toMatchObject({ accepted: 7, rejected: [{ index: 3 }], stopped: { status: 503 } })
})

test('who keeps a part of an event to himself is told what of all before it is in', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { read, stream, taken } = made({ lines: false })
    const outcome = read()
    stream.write(`${LINE.repeat(3)}{"type":`)
    await pause()
    vi.advanceTimersByTime(60_001)
    expect(await outcome).toMatchObject({ accepted: 3, rejectedTotal: 0, stopped: { status: 408 } })
    expect(taken()).toBe(3)
  } finally {
    vi.useRealTimers()
  }
})

test('what spans lines is taken whole, however long the body is and whatever stands before it', async () => {
  const pretty = `${JSON.stringify(JSON.parse(LINE), undefined, 2)}\n`
  for (const [body, events] of [
    [`\ufeff[${`${pretty},`.repeat(2500)}{}]`, 2501],
    [`\ufeff\n [${`${pretty},`.repeat(2500)}{}]`, 2501],
    [pretty.repeat(2500), 2500],
    [`\ufeff${pretty.repeat(2500)}`, 2500],
    [`${LINE}oops\n[${`${pretty},`.repeat(2500)}{}]\n${LINE}`, 2503],
  ] as const) {
    const { read, stream } = made({ lines: false })
    const outcome = read()
    const bytes = Buffer.from(body)
    for (let at = 0; at < bytes.length; at = at === 0 ? 1 : at + 65_536)
      stream.write(bytes.subarray(at, at === 0 ? 1 : at + 65_536))
    stream.end()
    const rejectedTotal = body.includes('oops') ? 1 : 0
    expect(await outcome).toMatchObject({ accepted: events, rejectedTotal })
  }
})

test('of one value that is too long nothing is kept, wherever its inside stands; what is behind it is taken', async () => {
  const inside = Array.from({ length: 40_000 }, (_, id) => `{"id":${id},"name":"${'n'.repeat(20)}"},\n`).join('')
  for (const head of ['{"records":[', '{"records":[\n', '{"broken":{"records":[\n']) {
    const { read, stream, taken, room, rejects } = made({ lines: false, patience: 10_000 })
    const bytes = Buffer.from(`${LINE.repeat(2)}${head}${inside}{"id":0}]}\n${LINE.repeat(3)}oops\n`)
    const outcome = read()
    for (let at = 0; at < bytes.length; at += 65_536) stream.write(bytes.subarray(at, at + 65_536))
    stream.end()
    expect(await outcome).toMatchObject({
      accepted: 5,
      rejectedTotal: 2,
      rejected: [{ index: 2, reason: 'longer than 262144 bytes' }, { index: 6 }],
      unreadable: false,
      stopped: undefined,
    })
    expect([taken(), rejects().length, room.take(room.most)]).toEqual([5, 2, true])
  }
})
