import type { Aggregate } from '../aggregate.ts'

interface Total {
  n: number
  sum: number
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
    state.sum += value as number
    return state
  },
  merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
  result: ({ n, sum }) => (n === 0 || !Number.isFinite(sum) ? null : sum),
  sql: ({ number }) => [`count(${number})`, `sum(${number})`],
  fromSql: ([n, sum]) => ({ n: Number(n), sum: Number(sum ?? 0) }),
}

export const avg: Aggregate<Total> = {
  ...sum,
  name: 'avg',
  doc: 'The arithmetic mean of the numbers.',
  example: 'type = page_load | avg(execution_time) by url',
  result: ({ n, sum }) => (n === 0 || !Number.isFinite(sum) ? null : sum / n),
}
