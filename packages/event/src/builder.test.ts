import { expect, test } from 'vitest'
import {
  BATCH_BOUNDS,
  Batch,
  BatchBuilder,
  BOUNDS,
  batchOf,
  Dictionary,
  type Event,
  Schema,
  scan,
  scanInto,
} from './index.ts'

const origin = { hostname: 'h', receivedAt: 1_795_132_800_000.1233 }
const eventsOf = (batch: Batch): Event[] => Array.from({ length: batch.length }, (_, row) => batch.event(row))

test('times are kept to the microsecond, whichever way an event comes', () => {
  const { batch } = batchOf(['a'], origin)
  expect([batch.time[0], batch.receivedAt[0]]).toEqual([1_795_132_800_000.123, 1_795_132_800_000.123])
  expect(scan(Buffer.from('{}'), origin).batch.time[0]).toBe(1_795_132_800_000.123)
})

test('what code may write that JSON can not say', () => {
  const cycle: { [key: string]: unknown } = {}
  cycle['self'] = cycle
  const inputs = [
    { at: new Date(0), gone: undefined, call: () => 1, big: 12n, list: [undefined, Symbol('s')], zero: -0 },
    cycle,
    { a: Number.NaN },
    'lone \ud800',
    { '\ud800': 1, '\ufffd': 2 },
    { toJSON: () => ({ b: 1 }) },
    Number.POSITIVE_INFINITY,
  ]
  const { batch, problems } = batchOf(inputs as never[], origin)
  expect(eventsOf(batch).map(event => event.additional_info)).toEqual([
    { at: '1970-01-01T00:00:00.000Z', big: 12, list: [null, null], zero: 0 },
    { message: 'lone \ufffd' },
    { '\ufffd': 2 },
    { b: 1 },
  ])
  expect(problems.map(({ index, kind }) => [index, kind])).toEqual([
    [1, 'bound'],
    [2, 'event'],
    [6, 'event'],
  ])
})

test('a batch that is full gives way to the next, events whole', () => {
  const full: Batch[] = []
  const next = (most: Partial<typeof BATCH_BOUNDS>, text: string) => {
    full.length = 0
    let builder = new BatchBuilder(BOUNDS, 16, { ...BATCH_BOUNDS, ...most })
    const make = (old: BatchBuilder) => {
      full.push(old.batch)
      builder = new BatchBuilder(BOUNDS, 16, { ...BATCH_BOUNDS, ...most })
      return builder
    }
    const taken = scanInto(builder, Buffer.from(text), origin, make)
    full.push(builder.batch)
    expect(full.flatMap(eventsOf)).toHaveLength(taken.accepted)
    return full.map(batch => batch.length)
  }
  const lines = Array.from({ length: 10 }, (_, i) => `{"k${i}":"${'x'.repeat(i)}"}`)
  expect(next({ rows: 4 }, lines.join('\n'))).toEqual([4, 4, 2])
  expect(next({ columns: 3 }, `[${lines.join(',')}]`)).toEqual([3, 3, 3, 1])
  expect(next({ bytes: 40 }, lines.join('\n')).length).toBeGreaterThan(1)
})

test('many inputs gather into one batch', () => {
  const builder = new BatchBuilder()
  expect(scanInto(builder, Buffer.from('{"a":1}\noops'), { ...origin, hostname: 'x' })).toMatchObject({
    accepted: 1,
    refused: 1,
    problems: [{ index: 1 }],
  })
  builder.add({ a: 2 }, { ...origin, type: 't' })
  scanInto(builder, Buffer.from('[{"a":3},"m"]'), { ...origin, hostname: 'y' })
  expect(eventsOf(builder.batch).map(e => [e.type, e.hostname, e.additional_info])).toEqual([
    ['unknown', 'x', { a: 1 }],
    ['t', 'h', { a: 2 }],
    ['unknown', 'y', { a: 3 }],
    ['unknown', 'y', { message: 'm' }],
  ])
})

test('a row copied into another batch is the same event, also under another schema', () => {
  const text =
    '{"type":"t","hostname":"x","time":1795132800001.25,"tags":["a"],"md5":"m","n":12345678901234567890,"s":"é","o":{"p":[1,{}],"q":null,"r":true},"e":{}}\n"m"'
  const { batch } = scan(Buffer.from(text), origin)
  const other = new Batch(1, new Schema(), new Dictionary())
  const builder = new BatchBuilder()
  builder.add('first', origin)
  for (const row of [1, 0, 0]) builder.copy(batch, row)
  expect(eventsOf(builder.batch).slice(1)).toEqual([1, 0, 0].map(row => batch.event(row)))
  const far = Object.assign(new BatchBuilder(), { batch: other })
  far.copy(batch, 0)
  builder.copy(other, 0)
  expect(other.event(0)).toEqual(batch.event(0))
  expect(builder.batch.event(4)).toEqual(batch.event(0))
})

test('a journal read again tells where each row stood', () => {
  const line = (seq: unknown, collector = 'c') => JSON.stringify({ seq, collector, received_at: 5, time: 7, a: 1 })
  const trusted = { ...origin, trusted: true }
  const whole = scan(Buffer.from([line(7), line(8)].join('\n')), trusted)
  expect(whole.batch).toMatchObject({ seq: 7, collector: 'c' })
  expect([whole.batch.receivedAt[0], whole.batch.time[0]]).toEqual([5, 7])
  expect([...whole.seqs!]).toEqual([7, 8])
  const gap = scan(Buffer.from([line(7), 'oops', line(9), '{}', line('x')].join('\n')), trusted)
  expect(gap.batch.seq).toBe(0)
  expect([...gap.seqs!]).toEqual([7, 9, Number.NaN, Number.NaN])
  expect(scan(Buffer.from([line(7), line(8, 'd')].join('\n')), trusted).batch.seq).toBe(0)
  expect(scan(Buffer.from(line(7)), origin).batch.info(0)).toEqual({ seq: 7, collector: 'c', received_at: 5, a: 1 })
})
