import { describe, expect, it } from 'vitest'
import { pivot, timeColumn, valueColumns } from './pivot.ts'

const answer = (names: string[], rows: unknown[][]) => ({ columns: names.map(name => ({ name, type: 'string' })), rows })

describe('pivot', () => {
  it('makes a line of each key, busiest first, 0 where nothing was counted', () => {
    const counted = answer(
      ['type', 'time', 'count()'],
      [
        ['gc', 0, 1],
        ['gc', 2000, 2],
        ['404', 0, 9],
      ],
    )
    expect(valueColumns(counted)).toEqual([2])
    expect(pivot(counted, 2, 1000)).toEqual({
      times: [0, 1000, 2000],
      hidden: 0,
      lines: [
        { label: '404', type: '404', values: [9, 0, 0], weight: 9 },
        { label: 'gc', type: 'gc', values: [1, 0, 2], weight: 3 },
      ],
    })
  })

  it('sums up what is too much for a graph, where sums make sense', () => {
    const rows = ['a', 'b', 'c'].map((key, i) => [key, 0, i + 1])
    expect(pivot(answer(['url', 'time', 'count()'], rows), 2, undefined, 1).lines.map(l => [l.label, l.values])).toEqual([
      ['c', [3]],
      ['2 others', [3]],
    ])
    expect(pivot(answer(['url', 'time', 'p99(x)'], rows), 2, undefined, 1)).toMatchObject({ hidden: 2 })
  })

  it('leaves a gap where a value is missing', () => {
    const rows = [
      [0, 1.5],
      [2000, null],
    ]
    expect(pivot(answer(['time', 'avg(x)'], rows), 1, 1000).lines[0]).toMatchObject({ label: 'avg(x)', values: [1.5, null, null] })
  })

  it('takes numbers that are keys for keys', () => {
    const counted = answer(['http.status', 'count()', 'avg(x)'], [[200, 4, 1]])
    expect(valueColumns(counted)).toEqual([1, 2])
    expect(timeColumn(counted)).toBe(-1)
    expect(valueColumns(answer(['http.status', 'n'], [[200, 4]]))).toEqual([1])
  })
})
