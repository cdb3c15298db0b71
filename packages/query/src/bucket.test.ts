import { readTime } from '@telltale/event'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketEnd, bucketStart } from './bucket.ts'
import { DAY, printDuration, readDuration } from './duration.ts'
import { printMoment, readMoment } from './moment.ts'
import { isZone } from './zone.ts'

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago',
  'America/Havana',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Australia/Lord_Howe',
]
const time = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2035, 0, 1) })
const bucket = fc.record({
  ms: fc.constantFrom(1, 1000, 60_000, 7000, DAY, 2 * DAY, 7 * DAY, 14 * DAY),
  zone: fc.constantFrom(...ZONES),
})

test('a time lies in its bucket, whose edges are those of the next', () => {
  fc.assert(
    fc.property(time, bucket, (at, bucket) => {
      const start = bucketStart(at, bucket)
      const end = bucketEnd(start, bucket)
      expect(start).toBeLessThanOrEqual(at)
      expect(end).toBeGreaterThan(at)
      expect(bucketStart(start, bucket)).toBe(start)
      expect(bucketStart(end, bucket)).toBe(end)
      expect(bucketStart(end - 1, bucket)).toBe(start)
    }),
    { numRuns: 3000 },
  )
})

test('days of 23 and 25 hours', () => {
  const day = { ms: DAY, zone: 'Europe/Berlin' }
  const spring = bucketStart(Date.UTC(2026, 2, 29, 12), day)
  expect(spring).toBe(Date.UTC(2026, 2, 28, 23))
  expect(bucketEnd(spring, day) - spring).toBe(23 * 3_600_000)
  const autumn = bucketStart(Date.UTC(2026, 9, 25, 12), day)
  expect(bucketEnd(autumn, day) - autumn).toBe(25 * 3_600_000)
})

test('where a zone left out a whole day, the bucket that begins with it ends when it would have', () => {
  const twoDays = { ms: 2 * DAY, zone: 'Pacific/Apia' }
  const jump = Date.UTC(2011, 11, 30, 10) // from the end of the 29th to the beginning of the 31st
  expect(bucketStart(jump, twoDays)).toBe(jump)
  expect(bucketEnd(jump, twoDays)).toBe(jump + DAY)
  expect(bucketStart(jump + DAY, twoDays)).toBe(jump + DAY)
})

test('weeks begin on Monday', () => {
  expect(bucketStart(Date.UTC(2026, 10, 22, 5), { ms: 7 * DAY, zone: 'UTC' })).toBe(Date.UTC(2026, 10, 16))
})

test('a microsecond before midnight is the day before', () => {
  expect(bucketStart(DAY - 0.001, { ms: DAY, zone: 'UTC' })).toBe(0)
})

test('zones by name', () => {
  expect(isZone('Europe/Berlin')).toBe(true)
  expect(isZone('Mars/Olympus')).toBe(false)
  expect(isZone('')).toBe(false)
})

test('durations', () => {
  expect(['500ms', '90s', '5m', '24h', '1w'].map(readDuration)).toEqual([500, 90_000, 300_000, DAY, 7 * DAY])
  expect(['', '5', '0s', '1y', '-1s', '1.5h', '999999999999w', '5 m'].map(readDuration)).toEqual(
    Array(8).fill(undefined),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e12 }), ms => {
      expect(readDuration(printDuration(ms))).toBe(ms)
    }),
  )
})

test('moments are read in a query as they are in an event', () => {
  const hour = fc.constantFrom('00', '10', '23', '24')
  const sixtieth = fc.constantFrom('00', '30', '59', '60')
  const zone = fc.constantFrom('', 'Z', '+02', '+05:30', '-23:59', '+24:00', '-10:60', '+99:99', '+9')
  const form = fc.constantFrom('', ' H', 'TH', 'TH:M', 'TH:M:S', 'TH:M:S.5', 'TH:M:S,123456789')
  const day = fc.constantFrom('2016-12-31', '2026-11-20', '2026-02-29', '2026-00-01', '2026-04-31', '0071-01-01')
  fc.assert(
    fc.property(day, form, hour, sixtieth, sixtieth, zone, fc.boolean(), (date, form, h, m, s, ahead, basic) => {
      const written = date + form.replace('H', h).replace('M', m).replace('S', s)
      const text = (basic && form.startsWith('T') ? written.replace(/[-:]/g, '') : written) + (form === '' ? '' : ahead)
      const moment = readMoment(text)
      expect([text, moment !== undefined && moment >= 0 ? moment : undefined]).toEqual([text, readTime(text)])
    }),
    { numRuns: 5_000 },
  )
  expect(readMoment('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1))
  expect(readMoment('20261120T100000Z')).toBe(Date.UTC(2026, 10, 20, 10))
  expect(readMoment('2026-11-20T10:00:00+99:99')).toBeUndefined()
})

test('moments', () => {
  expect(readMoment('2026-11-22')).toBe(Date.UTC(2026, 10, 22))
  expect(readMoment('2026-11-22T10:00+02:00')).toBe(Date.UTC(2026, 10, 22, 8))
  expect(readMoment('2026-11-22T10:00:00.123456Z')).toBe(Date.UTC(2026, 10, 22, 10) + 123.456)
  expect(readMoment('1960-01-01')).toBe(Date.UTC(1960, 0, 1))
  expect(['2026-02-30', '2026-13-01', '2026-11-22T24:01Z', 'soon', ''].map(readMoment)).toEqual(
    Array(5).fill(undefined),
  )
  fc.assert(
    fc.property(time, at => {
      expect(readMoment(printMoment(at + 0.25))).toBe(at + 0.25)
    }),
  )
})
