import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leaves, summary, valueAt } from './summary.ts'

const event = (additional_info: Record<string, unknown>) => ({ type: 'x', hostname: 'h', time: 1, additional_info })

describe('summary', () => {
  it('says the message, in one line', () => {
    expect(summary(event({ message: 'could not obtain\tconnection\nat Pool', url: '/x' }))).toBe(
      'could not obtain connection',
    )
  })

  it('says what was asked for, the answer and how long it took', () => {
    expect(
      summary(
        event({ url: 'http://mysite.com/page0', execution_time: 0.546999, http: { status: 200, method: 'GET' } }),
      ),
    ).toBe('GET /page0 200 · 0.547 s')
    expect(summary(event({ path: '/a', status: 500, duration_ms: 12 }))).toBe('/a 500 · 12 ms')
  })

  it('falls back to the first few values', () => {
    expect(summary(event({ heap_used: 2_100_000_000, cpu_percent: 12.345, n: { a: [1] } }))).toBe(
      'heap_used 2.1 GB · cpu_percent 12.3 % · n.a [1]',
    )
    expect(summary({ type: 'x', hostname: 'h', time: 1 })).toBe('')
  })

  it('is a short single line whatever was sent', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), info => {
        const line = summary(event(info), 80)
        expect(line.length).toBeLessThanOrEqual(80)
        expect(line).not.toMatch(/[\n\r]/)
      }),
    )
  })

  it('finds values by dotted path and never on a prototype', () => {
    expect(valueAt({ a: { b: 1 } }, 'a.b')).toBe(1)
    expect(valueAt({ 'a.b': 2 }, 'a.b')).toBe(2)
    expect(valueAt({}, 'constructor.name')).toBeUndefined()
    expect([...leaves({ a: { b: 1, c: {} }, d: [1] })]).toEqual([
      ['a.b', 1],
      ['d', [1]],
    ])
  })
})
