import { batchOf, type Event, SimulatedClock } from '@telltale/event'
import { evaluate, finish, parse, type Result, type Scope } from '@telltale/query'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Recent, recent } from './index.ts'
import { event, query } from './testing/random.ts'

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

/** Doubles may differ in their last bits, as sums in another order do. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(9))
  if (Array.isArray(value)) return value.map(rounded)
  return value
}

function comparable({ columns, rows }: Result): unknown {
  const events = columns[0]?.type === 'event'
  return {
    columns,
    rows: rows.map(row => row.map((cell, i) => (events && i === 0 ? JSON.stringify(cell) : rounded(cell)))),
  }
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
          expect({ text, ...(comparable(found) as object) }).toEqual({ text, ...(comparable(expected) as object) })
        }
      },
    ),
    { numRuns: 300 },
  )
  expect(asked).toBeGreaterThan(1000)
})
