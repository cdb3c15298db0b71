import { expect, test } from 'vitest'
import { doubles, flags, signed, words } from './slab.ts'

test('arrays are zeros, aligned, and none shares a byte with another', () => {
  const arrays = Array.from({ length: 4000 }, (_, i) => [words, doubles, flags, signed][i % 4]!((i * 37) % 1500))
  arrays.forEach((array, i) => {
    expect(array.every(value => value === 0)).toBe(true)
    array.fill((i % 200) + 1)
  })
  arrays.forEach((array, i) => {
    expect(array.every(value => value === (i % 200) + 1)).toBe(true)
  })
})
