import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf, readTime, scan } from './index.ts'
import { toMicros } from './time.ts'

const MS = 1_795_132_800_001.25
const MS_OF_DAY = 1_795_132_800_000

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
  ['2026-11-20T02Z', MS_OF_DAY + 2 * 36e5],
  ['2026-11-20T02-05', MS_OF_DAY + 7 * 36e5],
  ['20261120T020304Z', MS_OF_DAY + 2 * 36e5 + 184_000],
  ['20261120T020304.5+0130', MS_OF_DAY + 33 * 6e4 + 4_500 + 0],
  ['20261120T0203', MS_OF_DAY + 123 * 6e4],
  ['20261120T02Z', MS_OF_DAY + 2 * 36e5],
  ['2026-11-20T24:00:00Z', MS_OF_DAY + 864e5],
  ['2026-11-20T24:00+01:00', MS_OF_DAY + 23 * 36e5],
  ['20261120T240000Z', MS_OF_DAY + 864e5],
  ['2026-12-31T24:00', Date.UTC(2027, 0, 1)],
  ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
  ['2016-12-31T23:59:60.75Z', Date.UTC(2017, 0, 1)],
  ['2017-01-01T05:29:60+05:30', Date.UTC(2017, 0, 1)],
  ['2026-11-20T23:59:00+23:59', MS_OF_DAY],
  ['2026-11-19T00:01:00-23:59', MS_OF_DAY],
  ['1969-12-31T23:30:00-01:00', 18e5],
  [0, 0],
])('%s', (sent, ms) => {
  expect(readTime(sent)).toBe(ms)
})

test.each([
  ...['', 'now', '404', '2026-02-30', '2026-13-01', '2026-00-10', '2026-11-00', '0071-01-01', -1, 1e30, null, true, {}],
  ...['2026-11-20T24:00:01Z', '2026-11-20T24:00:00.1Z', '2026-11-20T24:01Z', '2026-11-20T25:00Z', '2026-11-20T10:60Z'],
  ...['2026-11-20T10:00:60Z', '2026-11-20T10:59:60Z', '2026-11-20T23:59:61Z', '2026-11-20T23:59:60+01:00'],
  ...['2026-11-20T10:00:00+24:00', '2026-11-20T10:00:00-10:60', '2026-11-20T10:00:00+99:99', '2026-11-20T10:00+99'],
  ...['2026-11-20T1000Z', '20261120T10:00Z', '2026-11-20T', '2026-11Z', '1969-12-31T23:59:60.5-23:59Z'],
])('%s is no time', sent => {
  expect(readTime(sent)).toBeUndefined()
})

test('what is written in any form is read as it was meant', () => {
  const zone = fc.integer({ min: -1_439, max: 1_439 })
  const second = fc.integer({ min: 864e5 / 1e3, max: Date.UTC(2261, 11, 30) / 1e3 })
  const two = (n: number): string => String(n).padStart(2, '0')
  fc.assert(
    fc.property(second, zone, fc.boolean(), (at, minutes, basic) => {
      const local = new Date(at * 1e3 + minutes * 6e4).toISOString().slice(0, 19)
      const sign = minutes < 0 ? '-' : '+'
      const colon = basic ? '' : ':'
      const ahead = `${sign}${two(Math.floor(Math.abs(minutes) / 60))}${colon}${two(Math.abs(minutes) % 60)}`
      expect(readTime((basic ? local.replace(/[-:]/g, '') : local) + ahead)).toBe(at * 1e3)
    }),
  )
})

test('a time is read alike from bytes and from objects, or refused alike, with the reason', () => {
  const origin = { hostname: 'h', receivedAt: 0 }
  const digits = fc.array(fc.constantFrom(...'0123456789:-+TZ. '), { maxLength: 6 }).map(part => part.join(''))
  const start = fc.constantFrom(
    '2026-11-20',
    '2026-11-20T10',
    '2016-12-31T23:59:60',
    '20261120T24',
    '2026-11-20T10:00+',
  )
  fc.assert(
    fc.property(start, digits, (text, more) => {
      const time = text + more
      const bytes = scan(Buffer.from(JSON.stringify({ time })), origin)
      const objects = batchOf([{ time }], origin)
      expect([...bytes.batch.time.slice(0, bytes.batch.length)]).toEqual([
        ...objects.batch.time.slice(0, objects.batch.length),
      ])
      const flaws = [bytes, objects].map(({ problems }) => problems.map(({ reason }) => reason.replace(/^.*"/, '')))
      expect(flaws[0]).toEqual(flaws[1])
    }),
    { numRuns: 2_000 },
  )
  const bad = '2026-11-20T10:00:00+99:99'
  for (const { problems } of [scan(Buffer.from(`{"time":"${bad}"}`), origin), batchOf([{ time: bad }], origin)])
    expect(problems[0]!.reason).toMatch(/found.* "2026-11-20T10:00:00\+99:99"; offsets go from -23:59 to \+23:59$/)
})

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
