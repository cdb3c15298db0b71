import { describe, expect, it } from 'vitest'
import { Palette } from '../colour/palette.ts'
import { Film } from './film.ts'
import { Marks } from './marks.ts'

const NOW = 1_000_000
const options = { columns: 100, span: 100_000, rows: 'type', maxRows: 3 } as const
function filled(types: Record<string, number>, marks = new Marks(1024, 512)) {
  for (const [type, n] of Object.entries(types)) {
    for (let i = 0; i < n; i++) marks.push({ type, hostname: `h${i % 2}`, time: NOW - 1000 - i })
  }
  return marks
}
const rows = (film: Film) => film.rows.map(({ name, count }) => `${name} ${count}`)

describe('film', () => {
  it('has a row for each of the most frequent types, one for the rest, and one for what Telltale says of itself', () => {
    const marks = filled({ a: 9, b: 5, c: 4, d: 2, e: 1, host_cpu: 50, telltale_health: 7 })
    const film = new Film(marks, new Palette(), options, NOW)
    expect(rows(film)).toEqual(['a 9', 'b 5', 'c 4', '(others) 3', 'host_* telltale_* 57'])
    const column = film.bins.column(NOW - 1000)!
    expect(film.cell(column, 3).map(({ type, count }) => [type, count])).toEqual([
      ['d', 1],
      ['e', 1],
    ])
  })

  it('shows them one by one where there is nothing else', () => {
    expect(rows(new Film(filled({ host_cpu: 2, host_disk: 1 }), new Palette(), options, NOW))).toEqual([
      'host_cpu 2',
      'host_disk 1',
    ])
  })

  it('counts on as marks come, and says where a row is missing', () => {
    const marks = filled({ a: 2 })
    const film = new Film(marks, new Palette(), options, NOW)
    marks.push({ type: 'a', hostname: 'h', time: NOW })
    expect(film.take(NOW)).toBe(false)
    expect(rows(film)).toEqual(['a 3'])
    marks.push({ type: 'b', hostname: 'h', time: NOW })
    expect(film.take(NOW)).toBe(true)
    expect(film.take(NOW + 16), 'in the next frame too').toBe(true)
    film.arrange(NOW)
    expect(rows(film)).toEqual(['a 3', 'b 1'])
    expect(film.take(NOW)).toBe(false)
  })

  it('finds the newest event behind a mark', () => {
    const marks = filled({ a: 2, b: 1 })
    const last = { type: 'a', hostname: 'h', time: NOW - 1000 }
    marks.push(last)
    const film = new Film(marks, new Palette(), options, NOW)
    expect(marks.event(film.markAt(film.bins.column(NOW - 1000)!, 0)!)).toBe(last)
    expect(film.markAt(film.bins.column(NOW - 50_000)!, 0)).toBeUndefined()
  })

  it('has the same colours whichever type came first', () => {
    const colours = (types: Record<string, number>, by: 'type' | 'host') => {
      const film = new Film(filled(types), new Palette(), { ...options, rows: by }, NOW)
      return Object.fromEntries(film.colours.map(({ type, swatch }) => [type, swatch.name]))
    }
    const one = colours({ error: 1, exception: 1, fatal: 2, gc: 1 }, 'type')
    expect(new Set(Object.values(one)).size).toBe(4)
    expect(colours({ gc: 3, fatal: 1, exception: 1, error: 1 }, 'type')).toEqual(one)
    expect(colours({ exception: 3, gc: 1, fatal: 1, error: 1 }, 'host')).toEqual(one)
  })

  it('has rows of hosts with the colours of their types', () => {
    const film = new Film(filled({ a: 4, host_cpu: 2 }), new Palette(), { ...options, rows: 'host' }, NOW)
    expect(rows(film)).toEqual(['h0 3', 'h1 3'])
    expect(film.perSecond('h0', NOW)).toBe(0.3)
  })
})
