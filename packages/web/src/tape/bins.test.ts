import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bins } from './bins.ts'

const total = (bins: Bins) => {
  let sum = 0
  for (let slot = 0; slot < bins.columns; slot++)
    for (let row = 0; row < bins.rows; row++) for (const n of bins.cell(slot, row)) sum += n
  return sum
}

describe('bins', () => {
  it('counts every event of the span and none outside, in any order, while time goes on', () => {
    const step = fc.record({
      ahead: fc.integer({ min: 0, max: 400 }),
      late: fc.integer({ min: 0, max: 3000 }),
      row: fc.nat(2),
      colour: fc.nat(3),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        let now = 1_000_000
        const bins = new Bins(20, 3, 4, 50, now)
        const seen: { time: number; row: number; colour: number }[] = []
        for (const { ahead, late, row, colour } of steps) {
          now += ahead
          bins.advance(now)
          bins.add(now - late, row, colour)
          // Late beyond the span: never on the tape, and must not come back.
          if (Math.floor((now - late) / 50) > Math.floor(now / 50) - 20) seen.push({ time: now - late, row, colour })
        }
        const oldest = (Math.floor(now / 50) - 19) * 50
        const inside = seen.filter(mark => mark.time >= oldest)
        expect(total(bins)).toBe(inside.length)
        for (const mark of inside) {
          const cell = bins.cell(bins.slot(bins.column(mark.time)!), mark.row)
          expect(cell[mark.colour]).toBe(
            inside.filter(
              m =>
                Math.floor(m.time / 50) === Math.floor(mark.time / 50) &&
                m.row === mark.row &&
                m.colour === mark.colour,
            ).length,
          )
        }
      }),
    )
  })

  it('puts a time from a clock ahead of ours into the newest column', () => {
    const bins = new Bins(10, 1, 1, 100, 1000)
    bins.add(99_999, 0, 0, 5)
    expect(bins.cell(bins.slot(bins.head), 0)[0]).toBe(5)
  })

  it('says once which columns changed', () => {
    const bins = new Bins(10, 1, 1, 100, 1000)
    const changed = () => {
      const slots: number[] = []
      bins.eachDirty(slot => slots.push(slot))
      return slots
    }
    expect(changed()).toHaveLength(10)
    expect(changed()).toEqual([])
    bins.add(950, 0, 0)
    expect(changed()).toEqual([bins.slot(9)])
    bins.advance(1200)
    expect(changed()).toEqual([bins.slot(11), bins.slot(12)].sort())
  })

  it('finds the nearest mark of a row', () => {
    const bins = new Bins(10, 2, 1, 100, 1000)
    bins.add(450, 1, 0)
    expect(bins.nearest(6, 1, 3)).toBe(4)
    expect(bins.nearest(6, 1, 1)).toBeUndefined()
    expect(bins.nearest(6, 0, 3)).toBeUndefined()
  })
})
