import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHash, HOME, type Place, parseRange, toHash } from './address.ts'

const place: fc.Arbitrary<Place> = fc.record({
  view: fc.constantFrom('live', 'host', 'rejected'),
  query: fc.string({ unit: 'grapheme' }),
  range: fc.oneof(
    fc.record({ kind: fc.constant('last' as const), ms: fc.integer({ min: 1, max: 1e6 }).map(s => s * 1000) }),
    fc
      .tuple(fc.nat(2e12), fc.integer({ min: 1, max: 1e9 }))
      .map(([from, ms]) => ({ kind: 'between' as const, from, to: from + ms })),
  ),
  span: fc.constantFrom(60_000, 300_000, 900_000, 3_600_000),
  rows: fc.constantFrom('type', 'host'),
  host: fc.string(),
})

describe('address', () => {
  it('says all of a place, and is read back', () => {
    fc.assert(
      fc.property(place, at => {
        expect(fromHash(toHash(at))).toEqual(at)
      }),
    )
  })

  it('is short at home', () => {
    expect(toHash(HOME)).toBe('#/live')
    expect(toHash({ ...HOME, query: 'type = gc' })).toBe('#/live?q=type+%3D+gc')
  })

  it('never fails', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(VIEWS).toContain(fromHash(text).view)
      }),
    )
    expect(fromHash('#/nowhere?range=soon&span=1ms&rows=x')).toEqual(HOME)
    expect(parseRange('2026-01-02..2026-01-01')).toBeUndefined()
  })
})

const VIEWS = ['live', 'host', 'rejected']
