import { batchOf, type Event, type EventInput } from '@telltale/event'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { finish } from './finish.ts'
import { parse } from './parse.ts'
import { evaluate } from './reference.ts'

const ASKED =
  'count(), sum(x), min(x), max(x), p50(x), p99(x), histogram(x), uniq(x), top(x, 3), first(x), last(x) by type'
const EVERY = 2000
const OVER = 10_000

function events(inputs: readonly EventInput[]): Event[] {
  const { batch } = batchOf(inputs, { hostname: 'h', receivedAt: 1e12 })
  batch.seq = 1
  batch.collector = 'c'
  return Array.from({ length: batch.length }, (_, row) => batch.event(row))
}

/** Whole numbers, so that sums are the same in any order, near 0 and far from it. */
const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(0, 2 ** 40, -(2 ** 30), 3 * 2 ** 20),
  fc.integer({ min: 100, max: 2000 }),
)
const event = fc.record({
  type: fc.constantFrom('a', 'b'),
  time: fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 90_000, max: 99_999 })),
  additional_info: fc.record({ x: number }, { requiredKeys: [] }),
})

test('each sliding window says what a query over its time alone says', () => {
  const sliding = parse(`${ASKED} over 10s every 2s`).query!
  const plain = parse(ASKED).query!
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 0, max: 30_000 }), (inputs, from) => {
      const held = events(inputs)
      const scope = { from: Math.floor(from / EVERY) * EVERY, to: 100_000 }
      const expected: unknown[] = []
      for (let end = scope.from + OVER; end - EVERY < scope.to; end += EVERY) {
        const within = { from: end - OVER, to: Math.min(end, scope.to) }
        for (const [type, ...row] of finish(plain, evaluate(plain, held, within), within).rows)
          expected.push([type, end, ...row])
      }
      const { rows, columns } = finish(sliding, evaluate(sliding, held, scope), scope)
      const time = columns.findIndex(({ name }) => name === 'time')
      const found = rows.map(row => [row[1 - time], row[time], ...row.slice(2)])
      expect(found).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})
