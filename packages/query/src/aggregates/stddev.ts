import type { Aggregate } from '../aggregate.ts'

interface Spread {
  n: number
  mean: number
  /** Sum of the squared distances from the mean. */
  m2: number
}

/** Welford's update; Chan, Golub and LeVeque's merge. */
export const stddev: Aggregate<Spread> = {
  name: 'stddev',
  params: [{ name: 'x', kind: 'number' }],
  doc: 'The standard deviation of the numbers, taken as the whole population.',
  example: 'type = gc | stddev(pause_ms) by hostname',
  type: 'number',
  family: 'stddev',
  init: () => ({ n: 0, mean: 0, m2: 0 }),
  add(state, value) {
    const distance = (value as number) - state.mean
    state.mean += distance / ++state.n
    state.m2 += distance * ((value as number) - state.mean)
    return state
  },
  merge(a, b) {
    if (a.n === 0) return { ...b }
    if (b.n === 0) return { ...a }
    const n = a.n + b.n
    const distance = b.mean - a.mean
    return { n, mean: a.mean + (distance * b.n) / n, m2: a.m2 + b.m2 + (distance * distance * a.n * b.n) / n }
  },
  result({ n, m2 }) {
    const value = Math.sqrt(Math.max(0, m2) / n)
    return n === 0 || !Number.isFinite(value) ? null : value
  },
  sql: ({ number }) => [`count(${number})`, `avg(${number})`, `varPopStable(${number})`],
  fromSql([n, mean, variance]) {
    const count = Number(n)
    return count === 0 ? { n: 0, mean: 0, m2: 0 } : { n: count, mean: Number(mean), m2: Number(variance) * count }
  },
}
