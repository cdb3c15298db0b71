import type { Aggregate } from '../aggregate.ts'

export const countif: Aggregate<number> = {
  name: 'countif',
  params: [{ name: 'condition', kind: 'condition' }],
  doc: 'For how many events the condition holds.',
  example: 'type = page_load | count(), countif(status >= 500) by hostname',
  type: 'number',
  family: 'countif',
  init: () => 0,
  add: state => state + 1,
  merge: (a, b) => a + b,
  result: state => state,
  sql: ({ condition }) => [`countIf(${condition})`],
  sqlResult: ({ condition }) => `countIf(${condition})`,
  fromSql: ([n]) => Number(n),
}
