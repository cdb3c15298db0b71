import { type Batch, batchOf, type Event, SimulatedClock } from '@telltale/event'
import { evaluate, finish, type Partial, parse, type Query, type Scope, type Steps } from '@telltale/query'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Recent, recent } from './recent.ts'
import { comparable, like } from './testing/comparable.ts'
import { event, query } from './testing/random.ts'

const origin = { hostname: 'h', receivedAt: 1e12 + 5, trusted: true }
const all: Scope = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }

/** A ring, what it must hold, and how to send it more. */
class Fed {
  readonly ring: Recent
  readonly #events: number
  readonly #sent: Event[] = []

  constructor(options: { chunk: number; events: number; remember?: number }) {
    this.ring = recent({ ...options, clock: new SimulatedClock(1e12) })
    this.#events = options.events
  }

  send(inputs: readonly never[]): void {
    const { batch }: { batch: Batch } = batchOf(inputs, origin)
    batch.seq = this.#sent.length + 1
    batch.collector = 'c'
    this.ring.append(batch)
    for (let row = 0; row < batch.length; row++) this.#sent.push(batch.event(row))
  }

  get held(): Event[] {
    return this.#sent.slice(Math.max(0, this.#sent.length - this.#events))
  }
}

/** A query being answered, and what the answer must be. */
interface Asked {
  readonly query: Query
  readonly scope: Scope
  readonly steps: Steps<Partial>
  readonly expected: unknown
}

function ask({ ring, held }: Fed, query: Query, scope: Scope): Asked {
  const expected = like(finish(query, evaluate(query, held, scope), scope))
  return { query, scope, steps: ring.steps(query, scope), expected }
}

const batch = fc.array(event, { maxLength: 14 })
const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant(all),
  fc.record({
    from: fc.integer({ min: 0, max: 20 }).map(i => 1e12 + i * 30_000),
    to: fc.constant(1e13),
    afterSeq: fc.integer({ min: 0, max: 40 }),
    uptoSeq: fc.integer({ min: 20, max: 200 }),
  }),
)

test('queries that take turns with each other and with intake answer over what was held when they were asked', () => {
  let stepsBetween = 0
  fc.assert(
    fc.property(
      fc.array(batch, { minLength: 1, maxLength: 6 }),
      fc.record({
        chunk: fc.integer({ min: 1, max: 12 }),
        events: fc.integer({ min: 5, max: 60 }),
        remember: fc.constantFrom(0, 100_000),
      }),
      fc.array(fc.tuple(query, scope), { minLength: 2, maxLength: 4 }),
      // What is done next: a step of one of the queries, events sent, or a query asked anew.
      fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 3 }) }, { weight: 2, arbitrary: batch }), {
        minLength: 20,
        maxLength: 60,
      }),
      (first, options, texts, moves) => {
        const fed = new Fed(options)
        for (const inputs of first) fed.send(inputs as never[])
        const asked = texts.flatMap(([text, scope]) => {
          const { query } = parse(text)
          return query === undefined ? [] : [ask(fed, query, scope)]
        })
        const finished = (one: Asked, partial: Partial): void => {
          const found = comparable(finish(one.query, partial, one.scope))
          expect({ query: one.query, ...(found as object) }).toEqual({ query: one.query, ...(one.expected as object) })
        }
        const step = (at: number): boolean => {
          const one = asked[at]!
          const { done, value } = one.steps.next()
          if (done) {
            finished(one, value)
            asked[at] = ask(fed, one.query, one.scope)
          }
          return done ?? false
        }
        for (const move of moves) {
          if (typeof move !== 'number') fed.send(move as never[])
          else if (asked.length > 0) {
            step(move % asked.length)
            stepsBetween++
          }
        }
        for (const at of asked.keys()) while (!step(at));
      },
    ),
    { numRuns: 60 },
  )
  expect(stepsBetween).toBeGreaterThan(500)
})

test('whole chunks are sealed, evicted and appended to between the steps of every kind of query', () => {
  const inputs = (from: number, count: number): never[] =>
    Array.from({ length: count }, (_, i) => ({
      type: (from + i) % 3 === 0 ? 'a' : 'b',
      time: 1e12 + (from + i) * 37,
      additional_info: {
        id: `id-${from + i}`,
        n: (from + i) % 251,
        ms: ((from + i) % 997) / 1000,
        ...((from + i) % 4 === 0 && { list: [from + i] }),
      },
    })) as never[]
  for (const text of [
    'count() by id | sort count desc | limit 7',
    '"d-12" | count(), uniq(id), top(n, 3) by type',
    'id ~ /7$/ | p99(ms), stddev(ms), min(n), max(n) by type, 1s',
    'n + ms > 100 | count() by n, type | limit 50',
    'list = 2000 or not has list | uniq(n), first(id), last(id) by type',
    'count(), sum(n) by id, type over 3 events | limit 20',
    'n > 200 | limit 30',
    'sort ms desc | limit 9',
    'avg(n) by seq | limit 40',
  ]) {
    const query = parse(text).query!
    const fed = new Fed({ chunk: 256, events: 1500, remember: 0 })
    for (let i = 0; i < 2000; i += 400) fed.send(inputs(i, 400))
    const asked = ask(fed, query, all)
    let sent = 2000
    for (;;) {
      const { done, value } = asked.steps.next()
      if (done) {
        expect({ text, ...(comparable(finish(query, value, all)) as object) }).toEqual({
          text,
          ...(asked.expected as object),
        })
        break
      }
      fed.send(inputs(sent, 100))
      sent += 100
    }
    expect([text, sent > 2200]).toEqual([text, true])
  }
})

test('a query that is given up leaves others alone', () => {
  const fed = new Fed({ chunk: 64, events: 1000, remember: 0 })
  fed.send(Array.from({ length: 600 }, (_, i) => ({ type: 'a', n: i % 7, id: `i${i}` })) as never[])
  const query = parse('id ~ /1/ | count() by n').query!
  const given = fed.ring.steps(query, all)
  for (let i = 0; i < 10; i++) given.next()
  const other = ask(fed, query, all)
  other.steps.next()
  given.return(undefined as never)
  const third = ask(fed, query, all)
  for (const { steps, expected } of [third, other]) {
    for (;;) {
      const { done, value } = steps.next()
      if (!done) continue
      expect(comparable(finish(query, value, all))).toEqual(expected)
      break
    }
  }
})
