import { batchOf, type Event, SimulatedClock } from '@telltale/event'
import { evaluate, finish, parse, type Result, type Scope } from '@telltale/query'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BadQuery, type Recent, recent } from './index.ts'
import { comparable, like } from './testing/comparable.ts'
import { condition, event, query } from './testing/random.ts'

const origin = { hostname: 'h', receivedAt: 1e12 + 5, trusted: true }

/** A ring fed with batches of these sizes, and the events it must hold. */
function filled(batches: readonly (readonly never[])[], options: { chunk: number; events: number }): [Recent, Event[]] {
  const ring = recent({ ...options, clock: new SimulatedClock(1e12) })
  const sent: Event[] = []
  for (const inputs of batches) {
    const { batch, problems } = batchOf(inputs, origin)
    expect(problems).toEqual([])
    batch.seq = sent.length + 1
    batch.collector = 'c'
    ring.append(batch)
    for (let row = 0; row < batch.length; row++) sent.push(batch.event(row))
  }
  return [ring, sent.slice(Math.max(0, sent.length - options.events))]
}

const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }),
  fc.record({
    from: fc.integer({ min: 0, max: 20 }).map(i => 1e12 + i * 30_000),
    to: fc.integer({ min: 0, max: 25 }).map(i => 1e12 + i * 30_000),
    afterSeq: fc.integer({ min: 0, max: 60 }),
    uptoSeq: fc.integer({ min: 20, max: 200 }),
  }),
)

test('the ring answers as the reference does', () => {
  let asked = 0
  fc.assert(
    fc.property(
      fc.array(fc.array(event, { maxLength: 25 }), { maxLength: 6 }),
      fc.record({ chunk: fc.integer({ min: 1, max: 40 }), events: fc.integer({ min: 1, max: 120 }) }),
      fc.array(fc.tuple(query, scope), { minLength: 1, maxLength: 12 }),
      (batches, options, queries) => {
        const [ring, held] = filled(batches as never[][], options)
        for (const [text, within] of queries) {
          const { query } = parse(text)
          if (query === undefined) continue
          asked++
          const expected = finish(query, evaluate(query, held, within), within)
          const found = finish(query, ring.partial(query, within), within)
          expect({ text, ...(comparable(found) as object) }).toEqual({ text, ...(like(expected) as object) })
        }
      },
    ),
    { numRuns: 150 },
  )
  expect(asked).toBeGreaterThan(400)
})

test('each kind of condition alone finds what the reference finds', () => {
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  const seqs = ({ rows }: Result): unknown[] => rows.map(([event]) => (event as Event).seq)
  let found = 0
  fc.assert(
    fc.property(
      fc.array(fc.array(event, { minLength: 20, maxLength: 40 }), { minLength: 2, maxLength: 2 }),
      fc.integer({ min: 10, max: 100 }),
      fc.array(condition, { minLength: 30, maxLength: 40 }),
      (batches, chunk, texts) => {
        const [ring, held] = filled(batches as never[][], { chunk, events: 1000 })
        for (const text of texts) {
          const { query } = parse(text)
          if (query === undefined) continue
          const expected = seqs(finish(query, evaluate(query, held, all), all))
          if (expected.length > 0 && expected.length < held.length) found++
          expect([text, ...seqs(ring.query(query))]).toEqual([text, ...expected])
        }
      },
    ),
    { numRuns: 60 },
  )
  expect(found).toBeGreaterThan(300)
})

test('asked again while events come and go, it still answers as the reference does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(event, { maxLength: 12 }), { minLength: 2, maxLength: 10 }),
      fc.record({ chunk: fc.integer({ min: 1, max: 6 }), events: fc.integer({ min: 1, max: 80 }) }),
      fc.array(query, { minLength: 1, maxLength: 3 }),
      (batches, options, texts) => {
        const queries = texts.flatMap(text => parse(text).query ?? [])
        const ring = recent({ ...options, clock: new SimulatedClock(1e12) })
        const sent: Event[] = []
        for (const inputs of batches) {
          const { batch } = batchOf(inputs, origin)
          batch.seq = sent.length + 1
          ring.append(batch)
          for (let row = 0; row < batch.length; row++) sent.push(batch.event(row))
          const held = sent.slice(Math.max(0, sent.length - options.events))
          for (const query of queries) {
            const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
            expect(comparable(ring.query(query))).toEqual(like(finish(query, evaluate(query, held, all), all)))
            const some = { ...all, afterSeq: sent.length >> 2, uptoSeq: sent.length - 3 }
            const between = finish(query, ring.partial(query, some), some)
            expect(comparable(between)).toEqual(like(finish(query, evaluate(query, held, some), some)))
          }
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('few rows of many, their cells looked up one by one, answer as the reference does', () => {
  const inputs = Array.from({ length: 6000 }, (_, i) => ({
    type: i % 37 === 0 ? 'rare' : i % 3 === 0 ? 'a' : 'b',
    time: 1e12 + i * 37,
    additional_info: {
      all: i % 13,
      ...((i * 7919) % 3 !== 0 && { url: `/p/${(i * 31) % 50}`, ms: ((i * 104_729) % 997) / 8 }),
      ...(i > 3000 && i < 3400 && { bursts: i % 7 }),
      ...(i % 5 === 0 && { mixed: i % 2 === 0 ? `m${i % 9}` : i % 9 }),
      ...(i % 4 === 0 && { flag: i % 8 === 0 ? null : i % 3 === 0, id: `id-${i}` }),
    },
  }))
  const [ring, held] = filled([inputs.slice(0, 2500), inputs.slice(2500)] as never[][], { chunk: 1024, events: 5500 })
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  for (const filter of [
    'type = rare',
    'all = 3 and type = rare',
    'mixed = 3',
    'url = "/p/7"',
    'bursts = 2',
    'id = id-4000',
  ])
    for (const what of [
      'count(), avg(ms), min(ms), max(all), p90(ms), sum(bursts), stddev(mixed) by url',
      'count(), sum(all) by flag, id',
      'sum(ms), count(url) by mixed, type',
      'avg(bursts), sum(ms) by all, 1m',
    ]) {
      const text = `${filter} | ${what}`
      const query = parse(text).query!
      const expected = like(finish(query, evaluate(query, held, all), all))
      expect({ text, ...(comparable(ring.query(query)) as object) }).toEqual({ text, ...(expected as object) })
    }
})

test('the foremost of many events are those the reference sorts first, whatever they are sorted by', () => {
  const inputs = Array.from({ length: 2500 }, (_, i) => ({
    type: i % 3 === 0 ? 'a' : 'b',
    time: 1e12 + ((i * 31) % 500),
    additional_info: {
      n: (i * 7919) % 401,
      id: `id-${(i * 31) % 2503}`,
      ...(i % 7 !== 0 && { ms: ((i * 104_729) % 997) / 8 - 20 }),
      ...(i % 11 === 0 && { mixed: i % 2 === 0 ? i : `t${i % 13}` }),
      ...(i % 5 === 0 && { rare: i === 1250 ? -0 : i % 50 === 0 }),
      ...(i % 4 === 0 && { same: 7 }),
      ...(i % 6 === 0 ? { list: [i % 9] } : i % 6 === 1 && { list: {} }),
    },
  }))
  const [ring, held] = filled([inputs.slice(0, 1500), inputs.slice(1500)] as never[][], { chunk: 256, events: 2000 })
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  for (const by of [
    'n',
    'id',
    'ms',
    'mixed',
    'rare',
    'same',
    'list',
    'time',
    'seq',
    'type',
    'tags',
    'collector',
    'none',
  ]) {
    for (const text of [
      `sort ${by} desc | limit 50`,
      `sort ${by} | limit 50`,
      `type = b | sort ${by}, n desc | limit 20`,
      `sort type, ${by} desc, id | limit 9`,
      `n < 3 | set m = n + ${by} | sort m desc | limit 100`,
      `n > 390 | sort ${by} desc`,
    ]) {
      const query = parse(text).query!
      const expected = like(finish(query, evaluate(query, held, all), all))
      expect({ text, ...(comparable(ring.query(query)) as object) }).toEqual({ text, ...(expected as object) })
    }
  }
})

test('many events: dense counts, bit sets and tables of pairs answer as the reference does', () => {
  const inputs = Array.from({ length: 9000 }, (_, i) => ({
    type: i % 3 === 0 ? 'a' : 'b',
    time: 1e12 + i * 37,
    additional_info: {
      user: (i * 7919) % 4001,
      ms: (1 + ((i * 104_729) % 997)) / (i % 7 === 0 ? 1 : 1000),
      change: ((i * 31) % 101) - 50,
      id: `id-${i % 1500}`,
      ...(i % 5 === 0 && { user: i % 2 === 0 ? `u${i}` : -i }),
    },
  }))
  const [ring, held] = filled([inputs.slice(0, 6000), inputs.slice(6000)] as never[][], { chunk: 4096, events: 1e5 })
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  for (const text of [
    'p50(ms), p99(ms), min(ms), max(ms), histogram(ms) by type, 1m',
    'p99(change), stddev(change), avg(ms) by type',
    'uniq(user), uniq(id), count(user) by type',
    'count(), max(ms) by user, id, type',
    'type = a | count() by ms, user | sort count desc | limit 30',
    'count(), sum(change) by id, user, 10s | limit 50',
  ]) {
    const query = parse(text).query!
    const expected = like(finish(query, evaluate(query, held, all), all))
    expect({ text, ...(comparable(ring.query(query)) as object) }).toEqual({ text, ...(expected as object) })
  }
})

test('more groups than are made beforehand answer as the reference does, remembered or not, asked again after more came', () => {
  const inputs = (from: number, to: number): never[] =>
    Array.from({ length: to - from }, (_, i) => ({
      type: 'a',
      time: 1e12 + from + i,
      additional_info: { id: `id-${(from + i) % 20_000}`, n: from + i },
    })) as never[]
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  for (const remember of ['100MB', '20KB', 0]) {
    const ring = recent({ clock: new SimulatedClock(1e12), chunk: 4096, events: 1e6, remember })
    const held: Event[] = []
    for (const [from, to] of [
      [0, 22_000],
      [22_000, 27_000],
    ] as const) {
      const { batch } = batchOf(inputs(from, to), origin)
      batch.seq = from + 1
      ring.append(batch)
      for (let row = 0; row < batch.length; row++) held.push(batch.event(row))
      for (const text of [
        'count(), max(n), last(n) by id | sort id desc | limit 20',
        'sum(n) by id | sort sum desc | limit 3',
      ]) {
        const query = parse(text).query!
        const expected = like(finish(query, evaluate(query, held, all), all))
        for (let again = 0; again < 2; again++) expect(comparable(ring.query(query))).toEqual(expected)
      }
    }
  }
})

test('texts are found among many, the whole text and nothing but it', () => {
  const texts = Array.from({ length: 700 }, (_, i) => `id-${i}${'é'.repeat(i % 3)}`)
  const inputs = [...texts, '', 'id-', 'id-5', ...texts.slice(0, 20)].map((id, i) =>
    i % 50 === 7 ? { id: [id] } : { id },
  )
  const [ring, held] = filled([inputs.slice(0, 400), inputs.slice(400)] as never[][], { chunk: 1000, events: 1e4 })
  const [sealed] = filled([inputs] as never[][], { chunk: 600, events: 1e4 })
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  for (const text of ['id-5', 'id-', '', 'id-59éé', 'd-5', 'id-10é', 'id-7é', 'id-700', 'éid-3']) {
    for (const filter of [`id = "${text}"`, `id ~ "*${text}*"`, `id in ("${text}", "id-1é")`, `"${text}" and has id`]) {
      const query = parse(filter).query
      if (query === undefined) continue
      const expected = finish(query, evaluate(query, held, all), all).rows.length
      expect([filter, ring.query(query).rows.length]).toEqual([filter, expected])
      expect([filter, sealed.query(query).rows.length]).toEqual([filter, expected])
    }
  }
})

test('what is remembered stays within its room', () => {
  const latest = recent({ clock: new SimulatedClock(1e12), chunk: 10, memory: '10MB', remember: 4000 })
  const forgetful = recent({ clock: new SimulatedClock(1e12), chunk: 10, memory: '10MB', remember: 0 })
  for (const ring of [latest, forgetful]) {
    const { batch } = batchOf(
      Array.from({ length: 500 }, (_, i) => ({ n: i % 20 })),
      origin,
    )
    ring.append(batch)
    for (let i = 0; i < 50; i++) expect(ring.query(`n < ${i % 10} | count() by n`).rows.length).toBe(i % 10)
  }
  const difference = latest.stats().bytes - forgetful.stats().bytes
  expect(difference).toBeGreaterThan(0)
  expect(difference).toBeLessThanOrEqual(4000)
})

const clock = new SimulatedClock(1e12)

test('bytes are taken, what is no event is said', () => {
  const latest = recent({ clock })
  const { accepted, refused, problems } = latest.add(
    '{"type":"404","url":"/a"}\n{"type":"404","url":"/b"}\nnonsense\n{"type":"404","url":"/a","received_at":5}\n',
  )
  expect({ accepted, refused }).toEqual({ accepted: 3, refused: 1 })
  expect(problems[0]?.index).toBe(2)
  const { columns, rows } = latest.query('type = 404 | count() by url | sort count desc')
  expect(columns.map(({ name }) => name)).toEqual(['url', 'count()'])
  expect(rows).toEqual([
    ['/a', 2],
    ['/b', 1],
  ])
  expect(latest.query('received_at = 5 | count()').rows).toEqual([[1]])
})

test('events come newest first, of equals the one that came last; limits are kept', () => {
  const latest = recent({ clock, chunk: 4 })
  for (let i = 0; i < 10; i++) latest.add(JSON.stringify({ n: i, time: 1e12 + (i < 5 ? 1 : 2) }))
  const numbers = (events: Event[]): unknown[] => events.map(event => event.additional_info['n'])
  expect(numbers(latest.events())).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  expect(numbers(latest.events('n < 7', { limit: 3 }))).toEqual([6, 5, 4])
  expect(latest.query('limit 5', { limit: 2 }).rows.length).toBe(2)
  expect(latest.query('limit 1', { limit: 2 }).rows.length).toBe(1)
  expect(numbers(latest.events('n > 3 | count() by n', { limit: 2 }))).toEqual([9, 8])
  expect(numbers(latest.events('', { from: 1e12 + 2 }))).toEqual([9, 8, 7, 6, 5])
  expect(numbers(latest.events('last 1s', { now: 1e12 + 2 }))).toEqual([4, 3, 2, 1, 0])
})

test('what is evicted is gone from answers, and coverage says from where on all is held', () => {
  const latest = recent({ clock, chunk: 8, events: 20 })
  const { batch } = batchOf(
    Array.from({ length: 50 }, (_, i) => ({ n: i, time: 1e12 + i })),
    origin,
  )
  batch.seq = 101
  latest.append(batch)
  expect(latest.query('count(), min(n)').rows).toEqual([[20, 30]])
  expect(latest.coverage()).toEqual({ lowestSeq: 131, highestSeq: 150, evictedTime: 1e12 + 29 })
  const { events, evicted, oldest, newest, bytes } = latest.stats()
  expect({ events, evicted, oldest, newest }).toEqual({
    events: 20,
    evicted: 30,
    oldest: { time: 1e12 + 30, seq: 131 },
    newest: { time: 1e12 + 49, seq: 150 },
  })
  expect(bytes).toBeGreaterThan(400)
})

test('events go by age also while none arrive', () => {
  const own = new SimulatedClock(1e12)
  const latest = recent({ clock: own, age: '10s' })
  latest.add('{"n":1}')
  own.advance(9_000)
  expect(latest.query('count()').rows).toEqual([[1]])
  own.advance(2_000)
  expect(latest.query('count()').rows).toEqual([[0]])
  expect(latest.stats().oldest).toBeUndefined()
})

test('what was the highest seq stays known when all is evicted, or when all there is was settled before it began', () => {
  const own = new SimulatedClock(1e12)
  const latest = recent({ clock: own, age: '10s' })
  expect(latest.coverage()).toMatchObject({ lowestSeq: 0, highestSeq: 0 })
  latest.settle(40)
  expect(latest.coverage()).toMatchObject({ lowestSeq: 0, highestSeq: 40 })
  const { batch } = batchOf([{ n: 1 }, { n: 2 }], { ...origin, receivedAt: own.now() })
  batch.seq = 41
  latest.append(batch)
  latest.settle(42)
  own.advance(20_000)
  expect(latest.stats().events).toBe(0)
  expect(latest.coverage()).toMatchObject({ lowestSeq: 0, highestSeq: 42 })
})

test('options and queries that are none are refused with what came', () => {
  expect(() => recent({ age: '24 hours' })).toThrow('"24 hours"')
  expect(() => recent({ memory: 'much' })).toThrow('"much"')
  expect(() => recent({ events: 0 })).toThrow('found 0')
  expect(() => recent({ chunk: 1e6 })).toThrow('65536')
  expect(() => recent({ memory: 1000, remember: '2KB' })).toThrow('2KB of 1000')
  expect(recent({ memory: '512MB', age: '24h' }).caps).toMatchObject({ bytes: 512e6, age: 86_400_000 })
  expect(() => recent().query('type = a | cuont()')).toThrow(BadQuery)
})
