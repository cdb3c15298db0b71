import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DistinctCounts, DistinctValues } from './distinct-counts.ts'
import { addDistinct, newDistinct } from './index.ts'

test('counting in bulk gives the same state as counting one by one', () => {
  const value = fc.oneof(
    fc.integer({ min: -5, max: 3000 }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.boolean(),
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 2000, size: 'max' }), values => {
      const counts = new DistinctCounts(new DistinctValues())
      const known = new DistinctValues()
      const bulk = new DistinctCounts(known)
      const numbers = new DistinctCounts(known)
      let one = newDistinct()
      for (const value of values) {
        bulk.add(known.of(value))
        if (typeof value === 'number') numbers.addNumber(value)
        else numbers.add(known.of(value))
        one = addDistinct(one, value)
      }
      expect(bulk.distinct()).toEqual(one)
      expect(numbers.distinct()).toEqual(one)
      expect(counts.distinct()).toEqual(newDistinct())
    }),
    { numRuns: 50 },
  )
})
