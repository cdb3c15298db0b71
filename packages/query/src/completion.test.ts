import { describe, expect, test } from 'vitest'
import { AGGREGATES } from './aggregates.ts'
import { complete, type KnownField } from './completion.ts'
import { ARITHMETIC, COMPARISONS } from './operators.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'
import { randomCase } from './random.ts'

const FIELDS: KnownField[] = [
  { name: 'type', values: ['page_load', '404', 'db::Timeout'] },
  { name: 'hostname', values: ['dc0-web01'] },
  { name: 'tags', values: ['slow', 'two words'] },
  { name: 'url', type: 'string', values: ['/a b', 'plain'] },
  { name: 'execution_time', type: 'number', values: [0.5] },
  { name: 'ok', type: 'boolean', values: [true, false] },
  { name: 'http.status', type: 'number', values: [200, 404] },
  { name: 'weird key' },
]

/** The text up to `^`, or all of it. */
const at = (text: string) => {
  const position = text.includes('^') ? text.indexOf('^') : text.length
  return complete(text.replace('^', ''), position, FIELDS)
}
const labels = (text: string): string[] => at(text).items.map(({ label }) => label)

describe('fields', () => {
  test.each([
    '',
    'type = gc and ',
    'not ',
    '(',
    'type = gc or (',
    '* | p99(',
    '* | count() by ',
    '* | set a = ',
    'has ',
  ])('stand after %j', text => expect(labels(text)).toContain('http.status'))
  test('are completed from their beginning, then from their middle', () => {
    expect(labels('t')[0]).toBe('type')
    expect(labels('stat')).toContain('http.status')
    expect(labels('type = gc and ex')).toEqual(['execution_time'])
    expect(at('type = gc and http.sta').from).toBe(14)
  })
  test('with odd names go in backticks', () => {
    expect(at('weird').items).toEqual([{ label: 'weird key', kind: 'field', apply: '`weird key`' }])
    expect(at('`wei')).toMatchObject({ from: 0, items: [{ apply: '`weird key`' }] })
  })
  test('of numbers only are arguments of numeric functions', () => {
    expect(labels('* | avg(')).toContain('execution_time')
    expect(labels('* | avg(')).not.toContain('url')
    expect(labels('* | uniq(')).toContain('url')
  })
  test('what is after the position is no matter', () => {
    expect(labels('ty^ = 404 | count()')[0]).toBe('type')
  })
})

describe('values', () => {
  test('after an operator and in a list', () => {
    expect(labels('type = ')).toEqual(['page_load', '404', 'db::Timeout'])
    expect(labels('type != pa')).toEqual(['page_load'])
    expect(labels('type in (')).toEqual(['page_load', '404', 'db::Timeout'])
    expect(labels('type not in (404, ')).toEqual(['page_load', '404', 'db::Timeout'])
    expect(labels('http.status >= ')).toEqual(['200', '404'])
    expect(labels('ok = ')).toEqual(['true', 'false'])
  })
  test('in quotes where they need them', () => {
    expect(at('url = ').items[0]).toEqual({ label: '/a b', kind: 'value', apply: '"/a b"' })
    expect(at('url = ').items[1]).toEqual({ label: 'plain', kind: 'value' })
  })
  test('of tags', () => {
    expect(labels('tag:')).toEqual(['slow', 'two words'])
    expect(at('type = gc and tag:sl')).toMatchObject({ from: 18, items: [{ label: 'slow' }] })
  })
  test('none inside a text or a pattern', () => {
    for (const text of ['"type = ', "url = 'a", 'url ~ ', 'url ~ /ty']) expect(labels(text), text).toEqual([])
  })
})

describe('operators', () => {
  test('all of the tables', () => {
    expect(labels('execution_time ')).toEqual(
      expect.arrayContaining([...Object.keys(COMPARISONS), ...Object.keys(ARITHMETIC)]),
    )
  })
  test('that fit the type', () => {
    expect(labels('ok ')).not.toContain('<')
    expect(labels('execution_time ')).not.toContain('~')
    expect(labels('url ')).toContain('~')
  })
  test('after a whole condition: and, or, the next stage', () => {
    for (const text of ['type = gc ', 'type in (a, b) ', 'has x ', 'tag:slow ', '(a = 1) ', '"some text" '])
      expect(labels(text), text).toEqual(['and', 'or', '|'])
  })
})

describe('stages', () => {
  test('after a bar', () => {
    const found = labels('type = gc | ')
    for (const label of ['count([x])', 'set', 'where', 'sort', 'limit']) expect(found).toContain(label)
    expect(found.filter(label => label.includes('('))).toHaveLength(AGGREGATES.size)
  })
  test('an aggregate is written up to its argument', () => {
    expect(at('* | p99').items[0]).toMatchObject({ kind: 'aggregate', apply: 'p99(' })
    expect(at('* | cou').items[0]).toMatchObject({ kind: 'aggregate', apply: 'count()' })
  })
  test('after an aggregate', () => {
    expect(labels('* | count() ')).toEqual(['by', 'as', 'over', ',', '|'])
    expect(labels('* | count(), ')).toContain('p99(x)')
    expect(labels('* | quantile(execution_time ')).toEqual([',', ')'])
    expect(labels('* | countif(ok = true ')).toEqual(['and', 'or', ')'])
    expect(labels('* | rate(')).toContain('1m')
  })
  test('keys and windows', () => {
    expect(labels('* | count() by url, ')).toContain('1m')
    expect(labels('* | count() by url ')).toEqual([',', 'as', 'over', '|'])
    expect(labels('* | count() by 1d ')).toEqual(['in', ',', '|'])
    expect(labels('* | count() over ')).toContain('5m')
    expect(labels('* | count() over 100 ')).toEqual(['events'])
    expect(labels('* | count() over 5m ')).toEqual(['every', '|'])
  })
  test('columns after the aggregates', () => {
    expect(labels('* | count(), avg(execution_time) as mean by url, 1m | sort ')).toEqual([
      ...['url', 'time', 'count()', 'mean'],
    ])
    expect(labels('* | count() by url | where ')).toEqual(['url', 'count()', 'not', 'has'])
    expect(labels('* | count() by url | sort count() ')).toEqual(['desc', ',', '|'])
    expect(labels('* | set ms = execution_time * 1000 | sort m')).toContain('ms')
  })
  test('the range', () => {
    expect(labels('last ')).toContain('1h')
    expect(labels('last 1h ')).toEqual(['|'])
  })
})

test('every part of every query that can be read can be completed', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const text = print(randomCase(seed, 0).query)
    for (let i = 0; i <= text.length; i++) {
      const { from, items } = complete(text, i, FIELDS)
      expect(from).toBeLessThanOrEqual(i)
      expect(items.every(({ label }) => label !== '')).toBe(true)
    }
  }
})

test('what is offered at the end of a query can be read', () => {
  for (const text of ['', 'type = gc and ', '* | count() by ', '* | ', '* | count() by url | sort ', 'type = ']) {
    for (const { label, apply = label, kind } of at(text).items) {
      if (kind === 'word' || apply.endsWith('(')) continue
      expect(parse(text + apply).error, text + apply).toBeUndefined()
    }
  }
})
