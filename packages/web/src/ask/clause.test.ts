import { describe, expect, it } from 'vitest'
import { equals, filterOf, hasAggregates, hasClause, literal, stages, toggleClause, withStages } from './clause.ts'

describe('clause', () => {
  it('splits at bars, not at bars in quotes or regexes', () => {
    expect(stages('type = "a|b" and url ~ /x|y/ | count()')).toEqual(['type = "a|b" and url ~ /x|y/', 'count()'])
    expect(stages('')).toEqual([''])
  })

  it('knows the filter from the rest', () => {
    expect(filterOf('type = gc | rate(1m)')).toBe('type = gc')
    expect(filterOf('last 24h | type = gc | count()')).toBe('type = gc')
    expect(filterOf('last 24h')).toBe('')
    expect(filterOf('count() by type')).toBe('')
    expect(filterOf('not (a = 1)')).toBe('not (a = 1)')
    expect(filterOf('"could not connect"')).toBe('"could not connect"')
    expect(filterOf('| count()')).toBe('')
  })

  it('knows an answer of numbers from one of events', () => {
    expect(hasAggregates('type = x | count() by url')).toBe(true)
    expect(hasAggregates('count()')).toBe(true)
    expect(hasAggregates('type = x | limit 5')).toBe(false)
    expect(hasAggregates('not (a = "count()")')).toBe(false)
  })

  it('adds a clause and takes it out again', () => {
    expect(toggleClause('', 'type = gc')).toBe('type = gc')
    expect(toggleClause('type = gc', 'hostname = a')).toBe('type = gc and hostname = a')
    expect(toggleClause('type = gc and hostname = a', 'type = gc')).toBe('hostname = a')
    expect(toggleClause('type = gc', 'type = gc')).toBe('')
    expect(toggleClause('last 24h | count() by url', 'type = gc')).toBe('last 24h | type = gc | count() by url')
    expect(toggleClause('last 24h | type = gc | count() by url', 'type = gc')).toBe('last 24h | count() by url')
    expect(toggleClause('a = 1 or b = 2', 'c = 3')).toBe('(a = 1 or b = 2) and c = 3')
    expect(hasClause('m = "x and type = gc" and a = 1', 'type = gc')).toBe(false)
    expect(hasClause('m = "x" and type = gc', 'type = gc')).toBe(true)
  })

  it('writes values as the language does', () => {
    expect(equals('type', '404')).toBe('type = 404')
    expect(equals('hostname', 'dc0-web01')).toBe('hostname = "dc0-web01"')
    expect(equals('url', 'a "b"')).toBe('url = "a \\"b\\""')
    expect(equals('http.status', 200)).toBe('http.status = 200')
    expect(equals('x', null)).toBe('not has x')
    expect(equals('x y', 1)).toBeUndefined()
    expect(literal('and')).toBe('"and"')
    expect(withStages('', 'count()')).toBe('count()')
  })
})
