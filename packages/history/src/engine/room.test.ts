import { expect, test } from 'vitest'
import { isScarce, mayMerge } from './room.ts'

const MB = 1e6

test.each([
  [2000, 0, true],
  [2000, 0, false],
  [600, 0, true],
  [300, 301, false],
  [300, 101, true],
  [200, 2999, true],
] as const)('with %i MB free and %i parts they may be merged, merging before: %s', (free, parts, merging) => {
  expect(mayMerge(free * MB, parts, merging)).toBe(true)
})

test.each([
  [600, 0, false],
  [500, 100, true],
  [300, 300, false],
  [200, 2999, false],
  [100, 2999, true],
] as const)('with %i MB free and %i parts they may not, merging before: %s', (free, parts, merging) => {
  expect(mayMerge(free * MB, parts, merging)).toBe(false)
})

test('how many parts there are matters only where room is scarce', () => {
  for (let free = 0; free < 3000; free += 50)
    for (const merging of [true, false])
      if (!isScarce(free * MB)) expect(mayMerge(free * MB, 0, merging)).toBe(mayMerge(free * MB, 1e6, merging))
})
