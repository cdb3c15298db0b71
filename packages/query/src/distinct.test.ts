import { expect, test } from 'vitest'
import { addDistinct, type Distinct, EXACT, mergeDistinct, newDistinct, sizeOf } from './distinct.ts'
import { HASH, hashOf, hashText } from './hash.ts'
import { fromIdentity, identityOf } from './identity.ts'

function distinct(from: number, to: number): Distinct {
  let state = newDistinct()
  for (let i = from; i < to; i++) state = addDistinct(state, `user${i}`)
  return state
}

test('exact up to the bound, within 5 % (three standard errors) after it', () => {
  expect(sizeOf(distinct(0, EXACT))).toBe(EXACT)
  for (const n of [EXACT + 1, 2000, 10_000, 50_000, 200_000]) {
    expect(Math.abs(sizeOf(distinct(0, n)) / n - 1)).toBeLessThan(0.05)
  }
})

test('merging is counting together, whichever of the two forms the sides have', () => {
  for (const [a, b] of [
    [100, 300],
    [400, 600],
    [600, 700],
    [300, 5000],
    [0, 5],
  ] as const) {
    expect(mergeDistinct(distinct(0, a), distinct(a >> 1, b))).toEqual(distinct(0, Math.max(a, b)))
    expect(mergeDistinct(distinct(a >> 1, b), distinct(0, a))).toEqual(distinct(0, Math.max(a, b)))
  }
})

test('hashes are those of ClickHouse', () => {
  // SELECT xxHash32(s), murmurHash3_32(s)
  expect(hashText('')).toEqual([46947589, 0])
  expect(hashText('sabc')).toEqual([2625437645, 3502905930])
  expect(hashText('s0123456789abcdef0123456789')).toEqual([588561929, 2701807883])
  expect(hashText('süß')).toEqual([3438052952, 2785618077])
  // What uniqCombined64State(reinterpretAsUInt64(x)) holds.
  const hashes = [0, -0, 1, 1.5, -2, 5e-324, 1e308].map(value => {
    hashOf(value)
    return [...HASH].map(word => word.toString(16).padStart(8, '0')).join('')
  })
  expect(hashes).toEqual([
    '0000000000000000',
    '0000000000000000',
    'ae98ebe19cceb2b2',
    '885dcc874e75b6f0',
    'ac5872eebc3b5e65',
    'b456bcfc34c2cb2c',
    '00eb39cb832aab6f',
  ])
})

test('identities tell types apart and give the value back', () => {
  for (const value of [0, 1, -1.5, 5e-324, 1e308, '', '1', 'b1', 'ü😀', true, false, null]) {
    expect(fromIdentity(identityOf(value))).toBe(value)
  }
  expect(identityOf(-0)).toBe(identityOf(0))
  expect(identityOf(1)).toBe('n3FF0000000000000')
  expect(new Set([1, '1', true, 'true', 'n3FF0000000000000'].map(identityOf)).size).toBe(5)
})
