import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ago, bucketFor, bytes, cell, count, moment, number, parseSpan, rate, span, tickStep } from './format.ts'

describe('format', () => {
  it('writes counts and rates as people read them', () => {
    expect([0, 17, 1204, 12_345, 4_560_000].map(count)).toEqual(['0', '17', '1,204', '12.3k', '4.56M'])
    expect([0, 0.001, 0.05, 2.44, 318.4, 12_000].map(rate)).toEqual(['0', '<0.01', '0.05', '2.4', '318', '12.0k'])
    expect(count(Number.NaN)).toBe('–')
  })

  it('writes numbers without inventing digits', () => {
    expect(number(0.1 + 0.2)).toBe('0.3')
    expect(number(1234.567)).toBe('1,234.6')
    expect(number(0.000123456)).toBe('0.00012346')
    expect(cell(null)).toBe('–')
    expect(cell(['a', 1])).toBe('["a",1]')
  })

  it('writes bytes', () => {
    expect([0, 999, 1500, 2.1e9].map(bytes)).toEqual(['0 B', '999 B', '1.5 kB', '2.1 GB'])
  })

  it('writes a span the way it reads it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), ms => {
        expect(parseSpan(span(ms))).toBe(ms)
      }),
    )
    expect(span(900_000)).toBe('15m')
    expect(parseSpan('soon')).toBeUndefined()
    expect(parseSpan('0s')).toBeUndefined()
  })

  it('never puts more ticks or points than asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 1e11 }), fc.integer({ min: 2, max: 40 }), (ms, most) => {
        expect(ms / tickStep(ms, most)).toBeLessThanOrEqual(most)
      }),
    )
    expect(bucketFor(900_000)).toBe(5000)
    expect(bucketFor(7 * 86_400_000)).toBe(3_600_000)
  })

  it('writes times', () => {
    const at = new Date(2026, 10, 22, 4, 5, 6, 7).getTime()
    expect(moment(at, 'milli')).toBe('2026-11-22 04:05:06.007')
    expect([500, 12_000, 240_000, 3 * 3_600_000, 50 * 3_600_000].map(ago)).toEqual([
      'now',
      '12 s',
      '4 min',
      '3 h',
      '2 d',
    ])
  })
})
