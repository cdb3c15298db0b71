import { columnsOf, parse } from '@telltale/query'
import { describe, expect, it } from 'vitest'
import { everyLine, pivot, shapeOf, whole } from './pivot.ts'

function asked(query: string, rows: unknown[][]) {
  const columns = columnsOf(parse(query).query!).map(({ name, type }) => ({ name, type: type ?? '' }))
  const answer = { columns, rows }
  return { answer, shape: shapeOf(answer, query) }
}
const seen = (lines: ReturnType<typeof pivot>) => ({
  ...lines,
  lines: lines.lines.map(({ label, values }) => [label, values]),
})

describe('pivot', () => {
  it('makes a line of each key, busiest first, 0 where nothing was counted', () => {
    const { answer, shape } = asked('count() by type, 1s', [
      ['gc', 0, 1],
      ['gc', 2000, 2],
      ['404', 0, 9],
    ])
    expect(shape).toMatchObject({ time: 1, keys: [0], values: [2] })
    const lines = pivot(answer, shape, 2, 1000)
    expect(seen(lines)).toEqual({
      times: [0, 1000, 2000],
      hidden: 0,
      lines: [
        ['404', [9, 0, 0]],
        ['gc', [1, 0, 2]],
      ],
    })
    expect(lines.lines[1]!.type).toBe('gc')
  })

  it('sums up what is too much for a graph, where sums make sense', () => {
    const rows = ['a', 'b', 'c'].map((key, i) => [key, 0, i + 1])
    const counted = asked('count() by url, 1s', rows)
    expect(seen(pivot(counted.answer, counted.shape, 2, undefined, 1)).lines).toEqual([
      ['c', [3]],
      ['2 others', [3]],
    ])
    const slow = asked('p99(x) by url, 1s', rows)
    expect(pivot(slow.answer, slow.shape, 2, undefined, 1)).toMatchObject({ hidden: 2 })
  })

  it('leaves a gap where a value is missing, and draws several aggregates together', () => {
    const { answer, shape } = asked('avg(x) as x, max(y) as y by 1s', [
      [0, 1.5, 7],
      [2000, null, 8],
    ])
    expect(seen(everyLine(answer, shape, 1000)).lines).toEqual([
      ['x', [1.5, null, null]],
      ['y', [7, null, 8]],
    ])
  })

  it('leaves out buckets that are not full, unless there are no others', () => {
    const { answer } = asked(
      'count() by 1s',
      [0, 1000, 2000, 3000].map(at => [at, 5]),
    )
    const times = (from: number, to: number, now = 1e6) =>
      whole(answer, 0, 1000, { from, to }, now).rows.map(([time]) => time)
    expect(times(0, 4000)).toEqual([0, 1000, 2000, 3000])
    expect(times(500, 3500)).toEqual([1000, 2000])
    expect(times(0, 9000, 3900)).toEqual([0, 1000, 2000])
    expect(times(3100, 3900)).toEqual([0, 1000, 2000, 3000])
  })

  it('takes numbers that are keys for keys', () => {
    expect(asked('count(), avg(x) by http.status', [[200, 4, 1]]).shape).toMatchObject({
      time: -1,
      keys: [0],
      values: [1, 2],
    })
    expect(asked('top(x, 3)', [[['a', 1]]]).shape.values).toEqual([])
  })
})
