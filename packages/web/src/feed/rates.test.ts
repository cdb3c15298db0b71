import { describe, expect, it } from 'vitest'
import { ratesOf, sparkline } from './rates.ts'

const columns = ['type', 'time', 'count()'].map(name => ({ name, type: 'string' }))

describe('rates', () => {
  it('counts whole seconds only', () => {
    const now = 1_000_500
    const rows = [
      ['gc', 1_000_000, 99],
      ['gc', 999_000, 5],
      ['gc', 940_000, 7],
      ['gc', 939_000, 1000],
      ['404', 995_000, 20],
    ]
    const [first, second] = ratesOf({ columns, rows }, now)
    expect(first).toMatchObject({ type: '404', lastMinute: 20, perSecond: 2 })
    expect(second).toMatchObject({ type: 'gc', lastMinute: 12, perSecond: 0.5 })
    expect(second?.seconds[0]).toBe(7)
    expect(second?.seconds[59]).toBe(5)
  })

  it('draws nothing from an answer without types', () => {
    expect(ratesOf({ columns: [{ name: 'count()', type: 'number' }], rows: [[1]] }, 0)).toEqual([])
  })

  it('draws a line in its box', () => {
    expect(sparkline([0, 2, 1], 10, 4)).toBe('M0.0 4.0L5.0 0.0L10.0 2.0')
  })
})
