import { parse } from '@telltale/query'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counted, equals, filterOf, hasAggregates, hasClause, tagged, toggleClause } from './clause.ts'

describe('clause', () => {
  it('knows the filter from the rest', () => {
    expect(filterOf('type = gc | rate(1m)')).toBe('type = gc')
    expect(filterOf('last 24h | type = gc | count()')).toBe('type = gc')
    expect(filterOf('count() by type')).toBe('')
    expect(filterOf('"could not | connect" | count()')).toBe('"could not | connect"')
    expect(filterOf('type = ')).toBe('')
  })

  it('knows an answer of numbers from one of events', () => {
    expect(hasAggregates('type = x | count() by url')).toBe(true)
    expect(hasAggregates('type = x | limit 5')).toBe(false)
    expect(hasAggregates('message = "count()"')).toBe(false)
  })

  it('turns a query into the graph of its events', () => {
    expect(counted('type = gc | sort pause desc | limit 9', ['type'], 5000)).toBe('type = gc | count() by type, 5s')
    expect(counted('', ['type', 'hostname'], 60_000)).toBe('count() by type, hostname, 1m')
    expect(counted('last 24h', ['type'], 60_000)).toBe('last 1d | count() by type, 1m')
  })

  it('adds a clause and takes it out again', () => {
    expect(toggleClause('', 'type = gc')).toBe('type = gc')
    expect(toggleClause('type = gc', 'hostname = a')).toBe('type = gc and hostname = a')
    expect(toggleClause('type = gc and hostname = a', 'type = gc')).toBe('hostname = a')
    expect(toggleClause('type = gc', 'type = gc')).toBe('')
    expect(toggleClause('last 24h | type = gc | count() by url', 'type = gc')).toBe('last 1d | count() by url')
    expect(toggleClause('a = 1 or b = 2', 'c = 3')).toBe('(a = 1 or b = 2) and c = 3')
    expect(hasClause('m = "x and type = gc" and a = 1', 'type = gc')).toBe(false)
    expect(hasClause('m = "x" and type = gc', 'type = gc')).toBe(true)
    expect(toggleClause('', tagged('slow one'))).toBe('tag:"slow one"')
  })

  it('asks for any value of any field, and takes it out again', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    )
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), value, (name, value) => {
        const clause = equals(name, value)!
        expect(parse(clause).error).toBeUndefined()
        const added = toggleClause('type = gc', clause)
        expect(hasClause(added, clause)).toBe(true)
        expect(toggleClause(added, clause)).toBe(clause === 'type = gc' ? added : 'type = gc')
      }),
    )
    expect(equals('type', '404')).toBe('type = 404')
    expect(equals('status', '404')).toBe('status = "404"')
    expect(equals('url', ['a'])).toBeUndefined()
  })
})
