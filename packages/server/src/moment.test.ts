import { expect, test } from 'vitest'
import { readMoment } from './moment.ts'

test.each([
  ['now', 1e12],
  ['-15m', 1e12 - 900_000],
  ['-1.5h', 1e12 - 5_400_000],
  ['-2w', 1e12 - 1_209_600_000],
  ['-250ms', 1e12 - 250],
  ['1795132800001.25', 1795132800001.25],
  ['2026-11-22T10:00:00Z', Date.UTC(2026, 10, 22, 10)],
  [0, 0],
  ['yesterday', undefined],
  ['-15', undefined],
  ['', undefined],
])('%s', (text, ms) => {
  expect(readMoment(text, 1e12)).toBe(ms)
})
