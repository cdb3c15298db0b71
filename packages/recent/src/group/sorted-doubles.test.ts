import { run } from '@telltale/query'
import { expect, test } from 'vitest'
import { sortedDoubles } from './sorted-doubles.ts'

test('doubles are sorted, however many', () => {
  for (const length of [0, 1, 2, 8191, 8192, 8193, 16_384, 20_000, 70_001]) {
    for (const order of [
      (i: number) => i,
      (i: number) => -i,
      (i: number) => (i * 7919) % 1009,
      (i: number) => (i * 104_729) % 65_537,
    ]) {
      const values = Float64Array.from({ length }, (_, i) => order(i) / 4)
      const expected = values.slice().sort()
      expect(run(sortedDoubles(values))).toEqual(expected)
    }
  }
})
