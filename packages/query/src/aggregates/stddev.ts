import type { Aggregate } from '../aggregate.ts'

interface Spread {
  n: number
  mean: number
  /** Sum of the squared distances from the mean; null once it is beyond what a double holds. */
  m2: number | null
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
    return finite(state, state.m2 === null ? Number.NaN : state.m2 + distance * ((value as number) - state.mean))
  },
  merge(a, b) {
    if (a.n === 0) return { ...b }
    if (b.n === 0) return { ...a }
    const n = a.n + b.n
    const distance = b.mean - a.mean
    const m2 = a.m2 === null || b.m2 === null ? Number.NaN : a.m2 + b.m2 + (distance * distance * a.n * b.n) / n
    return finite({ n, mean: a.mean + (distance * b.n) / n, m2 }, m2)
  },
  result: ({ n, m2 }) => (n === 0 || m2 === null ? null : Math.sqrt(Math.max(0, m2) / n)),
  // The first two are those of sum and avg as well.
  sql: ({ number }) => [`count(${number})`, `sum(${number})`, `varPopStable(${number})`],
  fromSql([n, sum, variance]) {
    const count = Number(n)
    if (count === 0) return { n: 0, mean: 0, m2: 0 }
    const m2 = sum === null || variance === null ? Number.NaN : Number(variance) * count
    return finite({ n: count, mean: Number(sum) / count, m2 }, m2)
  },
}

function finite(state: Spread, m2: number): Spread {
  state.m2 = Number.isFinite(m2) ? m2 : null
  if (state.m2 === null) state.mean = 0
  return state
}
