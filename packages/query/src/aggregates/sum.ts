import type { Aggregate } from '../aggregate.ts'

interface Total {
  n: number
  /** null once it is beyond what a double holds. */
  sum: number | null
}

function plus(a: number | null, b: number | null): number | null {
  const sum = a === null || b === null ? Number.NaN : a + b
  return Number.isFinite(sum) ? sum : null
}

export const sum: Aggregate<Total> = {
  name: 'sum',
  params: [{ name: 'x', kind: 'number' }],
  doc: 'The sum of the numbers.',
  example: 'type = upload | sum(bytes) by hostname',
  type: 'number',
  family: 'total',
  init: () => ({ n: 0, sum: 0 }),
  add(state, value) {
    state.n++
    state.sum = plus(state.sum, value as number)
    return state
  },
  merge: (a, b) => ({ n: a.n + b.n, sum: plus(a.sum, b.sum) }),
  result: ({ n, sum }) => (n === 0 ? null : sum),
  sql: ({ number }) => [`count(${number})`, `sum(${number})`],
  sqlResult: ({ number }) => `if(isFinite(sum(${number})), sum(${number}), NULL)`,
  // The engine gives inf or nan where a sum is beyond doubles, which JSON cannot hold.
  fromSql: ([n, sum]) => ({ n: Number(n), sum: Number(n) === 0 ? 0 : sum === null ? null : plus(0, Number(sum)) }),
}

export const avg: Aggregate<Total> = {
  ...sum,
  name: 'avg',
  doc: 'The arithmetic mean of the numbers.',
  example: 'type = page_load | avg(execution_time) by url',
  result: ({ n, sum }) => (n === 0 || sum === null ? null : sum / n),
  sqlResult: ({ number }) => `if(isFinite(sum(${number})), sum(${number}) / count(${number}), NULL)`,
}
