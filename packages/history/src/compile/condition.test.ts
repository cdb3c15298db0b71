import { type Expression, parse, TooMuch } from '@telltale/query'
import { expect, test } from 'vitest'
import type { Fields } from '../fields.ts'
import { condition } from './condition.ts'

/** Every path may hold anything, also what SQL cannot judge. */
const fields = { types: () => undefined, below: () => undefined } as unknown as Fields

function filterOf(text: string): Expression {
  const { query, error } = parse(text)
  if (query?.filter === undefined) throw new Error(error?.message)
  return query.filter
}

test('a calculation takes room in proportion to its operators', () => {
  const length = (n: number): number => condition(filterOf(`x > ${'y + '.repeat(n)}1`), fields).sure.length
  expect(length(190)).toBeLessThan(length(95) * 2.2)
  const nested = `x > ${'(1 / '.repeat(50)}y${')'.repeat(50)}`
  expect(condition(filterOf(nested), fields).sure.length).toBeLessThan(length(60))
})

test('what cannot be written in short is refused, level by level', () => {
  let node: Expression = filterOf('x > 1')
  const holds: Expression = { kind: 'literal', value: true, text: 'true' }
  for (let i = 0; i < 60; i++) node = { kind: 'compare', op: '=', left: node, right: holds }
  expect(() => condition(node, fields)).toThrow(TooMuch)
  const many = Array.from({ length: 10_000 }, (_, i) => i).join(',')
  expect(() => condition(filterOf(`x in (${many})`), fields)).toThrow('too long for the history')
})
