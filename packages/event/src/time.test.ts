import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf, readTime, scan } from './index.ts'
import { toMicros } from './time.ts'

const MS = 1_795_132_800_001.25

test.each([
  [MS, MS],
  [MS / 1e3, MS],
  [MS * 1e3, MS],
  [MS * 1e6, MS],
  ['1795132800001', 1_795_132_800_001],
  ['1795132800', 1_795_132_800_000],
  ['2026-11-20T00:00:00.001250Z', MS],
  ['2026-11-20 03:30:00,00125+03:30', MS],
  ['2026-11-19T19:00:00.00125-0500', MS],
  ['2026-11-20', 1_795_132_800_000],
  ['2026-11-20T00:00', 1_795_132_800_000],
  [0, 0],
])('%s', (sent, ms) => {
  expect(readTime(sent)).toBe(ms)
})

test.each(['', 'now', '2026-02-30', '2026-13-01', '2026-11-20T24:00:00Z', -1, 1e30, null, true, {}, '404'])(
  '%s is no time',
  sent => {
    expect(readTime(sent)).toBeUndefined()
  },
)

test('a number we wrote ourselves is ms, however small', () => {
  expect(readTime(5.25, true)).toBe(5.25)
  expect(readTime('2026-11-20', true)).toBe(1_795_132_800_000)
})

test('what was rounded to the microsecond is not rounded again to another, at any time there is', () => {
  const micros = fc.integer({ min: 0, max: Date.UTC(2262, 0, 1) * 1e3 - 1 })
  fc.assert(
    fc.property(micros, value => {
      const once = toMicros(value / 1e3)
      expect(toMicros(once)).toBe(once)
      expect(Math.abs(once - value / 1e3)).toBeLessThan(0.002)
    }),
    { numRuns: 20_000 },
  )
})

test.each([
  ['"1900-01-01T00:00:00Z"', '"1900-01-01T00:00:00Z"'],
  ['"2262-01-01"', '"2262-01-01"'],
  ['"soon"', '"soon"'],
  ['-1', ''],
])('scar: the reason why %s is refused names the range, from bytes and from objects', (time, found) => {
  const origin = { hostname: 'h', receivedAt: 0 }
  const reason = expect.stringContaining(`time must be ms since the epoch or ISO 8601, from 1970 to 2261, found `)
  const bytes = scan(Buffer.from(`{"time":${time}}`), origin).problems
  const objects = batchOf([{ time: JSON.parse(time) }], origin).problems
  expect([bytes, objects]).toMatchObject([[{ reason, kind: 'event' }], [{ reason, kind: 'event' }]])
  expect(objects[0]!.reason).toContain(found)
})
