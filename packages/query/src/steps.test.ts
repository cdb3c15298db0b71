import fc from 'fast-check'
import { expect, test } from 'vitest'
import { First, run, type Steps, sorting } from './steps.ts'

const items = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.nat()), { maxLength: 6000, size: 'max' })
const compare = (a: [number, number], b: [number, number]): number => a[0] - b[0]

test('sorting in steps is sorting: stable, whatever the order before', () => {
  fc.assert(
    fc.property(items, fc.boolean(), (given, ordered) => {
      const before = ordered ? given.toSorted(compare) : given
      const sorted = before.toSorted(compare)
      expect(run(sorting(before.slice(), compare))).toEqual(sorted)
    }),
    { numRuns: 60 },
  )
})

function* selecting<T>(items: readonly T[], compare: (a: T, b: T) => number, most: number): Steps<T[]> {
  const first = new First(compare, most)
  for (const [i, item] of items.entries()) {
    if (first.offer(item)) yield* first.cut()
    if (i % 1000 === 0) yield
  }
  return yield* first.cut()
}

test('selecting gives the first of what sorting gives', () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 0, max: 700 }), (given, most) => {
      expect(run(selecting(given.slice(), compare, most))).toEqual(given.toSorted(compare).slice(0, most))
    }),
    { numRuns: 60 },
  )
})

test('nothing takes long between two steps', () => {
  let compared = 0
  let longest = 0
  let since = 0
  const counting = (a: number, b: number): number => {
    compared++
    return a - b
  }
  const many = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_003)
  for (const steps of [sorting(many.slice(), counting), selecting(many.slice(), counting, 100)]) {
    while (!steps.next().done) {
      longest = Math.max(longest, compared - since)
      since = compared
    }
  }
  expect(longest).toBeLessThan(10_000)
})
