import { describe, expect, it } from 'vitest'
import { Marks } from './marks.ts'
import { Names } from './names.ts'
import { arrange } from './rows.ts'

const names = (counts: Record<string, number>, most: number, before: string[] = []) =>
  arrange(new Map(Object.entries(counts)), most, before).map(row => `${row.name} ${row.count}`)

describe('rows', () => {
  it('shows the most frequent first and sums up the rest', () => {
    expect(names({ a: 1, b: 5, c: 3, d: 2 }, 2)).toEqual(['b 5', 'c 3', '(others) 3'])
    expect(names({ a: 1 }, 2)).toEqual(['a 1'])
    expect(names({}, 2)).toEqual([])
  })

  it('does not let rows dance, but lets a clear leader pass', () => {
    expect(names({ a: 100, b: 110 }, 5, ['a', 'b'])).toEqual(['a 100', 'b 110'])
    expect(names({ a: 100, b: 130 }, 5, ['a', 'b'])).toEqual(['b 130', 'a 100'])
    expect(names({ a: 100, b: 110, c: 500 }, 5, ['a', 'b'])).toEqual(['c 500', 'a 100', 'b 110'])
  })
})

describe('names', () => {
  it('gives equal names equal codes and bounds their number', () => {
    const codes = new Names(3)
    expect([codes.code('a'), codes.code('b'), codes.code('c'), codes.code('a')]).toEqual([1, 2, 0, 1])
    expect(codes.name(2)).toBe('b')
    expect(codes.name(0)).toBe('(others)')
  })
})

describe('marks', () => {
  it('keeps the latest marks, and the events of the newest of them', () => {
    const marks = new Marks(8, 4)
    for (let i = 0; i < 20; i++) marks.push({ type: `t${i % 2}`, hostname: 'h', time: i })
    expect(marks.size).toBe(8)
    expect(marks.pushed).toBe(20)
    expect(marks.newest(10).map(event => event.time)).toEqual([19, 18, 17, 16])
    expect(marks.newest(1, event => event.type === 't0').map(event => event.time)).toEqual([18])
    expect(marks.event(19)?.time).toBe(19)
    expect(marks.event(15)).toBeUndefined()
    expect(marks.event(20)).toBeUndefined()
  })

  it('a mark for many holds no event', () => {
    const marks = new Marks(8, 4)
    marks.push({ type: 'a', hostname: 'h', time: 1 })
    const n = marks.pushMany(2, 'a', 'h', 50)
    expect(marks.weight[n & 7]).toBe(50)
    expect(marks.event(n)).toBeUndefined()
    expect(marks.newest(5).map(event => event.time)).toEqual([1])
  })
})
