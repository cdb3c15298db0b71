import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AGGREGATES, signature } from './aggregates.ts'
import { finish } from './finish.ts'
import { ARITHMETIC, COMPARISONS } from './operators.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'
import { randomCase } from './random.ts'
import { evaluate } from './reference.ts'

const PAGE = readFileSync(new URL('../../../docs/query.md', import.meta.url), 'utf8')
const EXAMPLES = [...PAGE.matchAll(/^```query\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.trim().split('\n'))

test('the page has examples', () => {
  expect(EXAMPLES.length).toBeGreaterThan(25)
})

test.each(EXAMPLES)('%s', text => {
  const { query, error } = parse(text)
  expect(error).toBeUndefined()
  expect(parse(print(query!)).query).toEqual(query)
  const scope = { from: 0, to: 9e12 }
  const { columns, rows } = finish(query!, evaluate(query!, randomCase(1).events, scope), scope)
  for (const row of rows) expect(row.length).toBe(columns.length)
})

describe('the page knows', () => {
  test.each([...AGGREGATES.values()])('$name', entry => {
    expect(PAGE).toContain(`| \`${signature(entry)}\` | ${entry.doc} |`)
  })
  test.each([...Object.keys(COMPARISONS), ...Object.keys(ARITHMETIC)])('%s', symbol => {
    expect(PAGE).toMatch(new RegExp(`\`[^\`]*${symbol.replace(/[*+]/g, '\\$&')}[^\`]*\``))
  })
})

test('the error it shows is the error given', () => {
  const { message, hint } = parse('type == 404').error!
  expect(PAGE).toContain(`*${message}; ${hint}*`)
})
