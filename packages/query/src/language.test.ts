import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AGGREGATES } from './aggregates.ts'
import { check } from './check.ts'
import { ARITHMETIC, COMPARISONS, CONDITIONS } from './operators.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'
import { randomCase } from './random.ts'

test('text to tree and back: printing a tree and reading it gives the tree', () => {
  fc.assert(
    fc.property(fc.integer(), seed => {
      const { query } = randomCase(seed, 0)
      const text = print(query)
      expect(parse(text), text).toEqual({ query })
      expect(print(parse(text).query!)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test('any text is a query or an error, never an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), text => sound(text)),
    { numRuns: 1000 },
  )
})

test('any pile of the language’s own words too', () => {
  const words = [
    ...[
      'type',
      '=',
      '!=',
      '<',
      '>=',
      '(',
      ')',
      ',',
      '|',
      '~',
      '/x/',
      '"q"',
      "'q'",
      '`n`',
      '404',
      '-',
      '+',
      '*',
      '/',
      '%',
      '5m',
    ],
    ...[
      'and',
      'or',
      'not',
      'in',
      'has',
      'by',
      'over',
      'every',
      'as',
      'set',
      'where',
      'sort',
      'limit',
      'last',
      'between',
      'tag:',
      'text:',
    ],
    ...[
      'count()',
      'p99(x)',
      'count',
      'sum(',
      'null',
      'true',
      '100',
      'events',
      '2026-11-22T10:00Z',
      'desc',
      '1e999',
      '\\',
      '"',
      '`',
      '/',
    ],
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 25 }), pile => sound(pile.join(' '))),
    { numRuns: 3000 },
  )
})

test('any damage to a good query too', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(), fc.nat(20), fc.string(), (seed, at, cut, put) => {
      const text = print(randomCase(seed, 0).query)
      const start = at % (text.length + 1)
      sound(text.slice(0, start) + put + text.slice(start + cut))
    }),
    { numRuns: 2000 },
  )
})

function sound(text: string): void {
  const { query, error } = parse(text)
  if (error !== undefined) {
    expect(error.message).not.toBe('')
    expect(error.position).toBeGreaterThanOrEqual(0)
    expect(error.position).toBeLessThanOrEqual(text.length)
    return
  }
  expect(check(query)).toBeUndefined()
  expect(parse(print(query)), `${JSON.stringify(text)} printed as ${print(query)}`).toEqual({ query })
}

test.each([
  ['nesting', '('.repeat(100_000)],
  ['nesting below the bound of length', '('.repeat(60_000)],
  ['not', 'not '.repeat(15_000)],
  ['minus', `x > ${'- '.repeat(30_000)}1`],
  ['a chain', `x > ${'1 + '.repeat(15_000)}1`],
  ['length', 'a'.repeat(70_000)],
  [
    'names that double',
    `${Array.from({ length: 60 }, (_, i) => `set a${i + 1} = a${i} + a${i}`).join(' | ')} | sum(a60)`,
  ],
  ['many names', `${Array.from({ length: 200 }, (_, i) => `set a${i} = 1`).join(' | ')} | count()`],
  ['a pattern that explodes', 'x ~ /((a{100}){100}){100}/'],
])('too much %s is an error', (_, text) => {
  expect(parse(text).error).toBeDefined()
})

test('long flat queries are no problem', () => {
  const list = Array.from({ length: 5000 }, (_, i) => i).join(', ')
  expect(parse(`x in (${list}) | count()`).error).toBeUndefined()
  expect(parse(Array.from({ length: 2000 }, (_, i) => `x = ${i}`).join(' or ')).error).toBeUndefined()
})

test('a tree that was read is frozen to its leaves', () => {
  const { query } = parse('x = 1 and y = 2 | count() by url')
  expect(Object.isFrozen(query)).toBe(true)
  expect(Object.isFrozen(query!.by[0])).toBe(true)
  expect(() => (query!.aggregates as unknown[]).push(1)).toThrow()
})

test.each([...AGGREGATES.values()])('the example of $name is a query that uses it', ({ name, example }) => {
  expect(parse(example).error).toBeUndefined()
  expect(parse(example).query!.aggregates.map(call => call.fn)).toContain(name)
})

const examples = Object.entries({ ...COMPARISONS, ...ARITHMETIC, ...CONDITIONS }).map(([symbol, { example }]) => ({
  symbol,
  example,
}))
test.each(examples)('the example of $symbol is a query', ({ example }) => {
  expect(parse(example).error).toBeUndefined()
})

test.each([
  ['type = 404', 'type = 404'],
  ["type='404' ", 'type = "404"'],
  ['not(a=1)', 'not a = 1'],
  ['a = 1 and (b = 2 and c = 3)', 'a = 1 and b = 2 and c = 3'],
  ['(a=1 or b=2) and c=3', '(a = 1 or b = 2) and c = 3'],
  ['a - (b - c) > 0', 'a - (b - c) > 0'],
  ['(a * b) + c > -1', 'a * b + c > -1'],
  ['a > `b`', 'a > `b`'],
  ['s ~ dc0-*', 's ~ "dc0-*"'],
  ['s !~ /a\\/b/i', 'not s ~ /(?i)a\\/b/'],
  ['has(x)', 'has x'],
  ['* | count() over 5m every 5s', 'count() over 5m'],
  ['* | count() over 5m every 10s', 'count() over 5m every 10s'],
  ['* | count() as n | where n>1 | where n<5', 'count() as n | where n > 1 and n < 5'],
  ['between 2026-11-22 and 1795392000000', 'between 2026-11-22T00:00:00.000Z and 2026-11-23T00:00:00.000Z'],
  ['', '*'],
])('%s is printed as %s', (text, expected) => {
  const { query, error } = parse(text)
  expect(error).toBeUndefined()
  expect(print(query!)).toBe(expected)
})
