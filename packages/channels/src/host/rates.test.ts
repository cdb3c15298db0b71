import { expect, test } from 'vitest'
import { Rates } from './rates.ts'

test('a counter becomes a rate at the second look; one that went back has none', () => {
  const rates = new Rates()
  rates.round(1_000)
  expect(rates.perSecond('a', 10)).toBeUndefined()
  rates.round(3_000)
  expect(rates.perSecond('a', 15)).toBe(2.5)
  rates.round(4_000)
  expect(rates.perSecond('a', 3)).toBeUndefined()
  rates.round(5_000)
  expect(rates.perSecond('a', 4)).toBe(1)
})

test('what is not asked for is forgotten', () => {
  const rates = new Rates()
  rates.round(1)
  rates.rise('a', 1)
  rates.round(2)
  rates.round(3)
  expect(rates.rise('a', 2)).toBeUndefined()
})
