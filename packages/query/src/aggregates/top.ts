import type { Aggregate, SqlFrequencies } from '../aggregate.ts'
import { compareScalars } from '../order.ts'
import type { Scalar } from '../tree.ts'

/** Distinct values kept; more than twice as many are cut back. */
const KEPT = 1024

/** Misra–Gries counters, mergeable as shown by Agarwal et al., "Mergeable Summaries", PODS 2012. */
interface Counters {
  /** Keyed by the value's JSON text. */
  counts: Record<string, number>
  /** Entries of `counts`. */
  size: number
  /** Every count may be too low by this much. 0: all are exact. */
  missed: number
}

/** Takes the count of the (KEPT + 1)th from all and drops those left with nothing. */
function cut(state: Counters): Counters {
  if (state.size <= 2 * KEPT) return state
  const sorted = Object.values(state.counts).sort((a, b) => b - a)
  const less = sorted[KEPT]!
  const kept = Object.entries(state.counts).flatMap(([key, n]) => (n > less ? [[key, n - less] as const] : []))
  return { counts: Object.fromEntries(kept), size: kept.length, missed: state.missed + less }
}

export const top: Aggregate<Counters> = {
  name: 'top',
  params: [
    { name: 'x', kind: 'value' },
    { name: 'k', kind: 'constant', byDefault: 10 },
  ],
  doc: `The k most frequent values as a list of [value, count]: exact up to ${2 * KEPT} different values, beyond that counts may be low by at most 1/${KEPT} of the events.`,
  example: 'type = page_load | top(url, 5) by hostname',
  type: 'json',
  family: 'top',
  free: true,
  problem: ([k]) =>
    Number.isInteger(k) && k! >= 1 && k! <= KEPT ? undefined : `k must be a whole number from 1 to ${KEPT}, found ${k}`,
  init: () => ({ counts: {}, size: 0, missed: 0 }),
  add(state, value) {
    const key = JSON.stringify(value)
    const n = state.counts[key]
    state.counts[key] = (n ?? 0) + 1
    if (n !== undefined) return state
    state.size++
    return cut(state)
  },
  merge(a, b) {
    const counts = { ...a.counts }
    let size = a.size
    for (const [key, n] of Object.entries(b.counts)) {
      if (counts[key] === undefined) size++
      counts[key] = (counts[key] ?? 0) + n
    }
    return cut({ counts, size, missed: a.missed + b.missed })
  },
  result: ({ counts }, [k]) =>
    Object.entries(counts)
      .map(([key, n]) => [JSON.parse(key) as Scalar, n] as const)
      .sort((a, b) => b[1] - a[1] || compareScalars(a[0], b[0]))
      .slice(0, k!),
  // topK is approximate and gives no counts.
  sql: () => [{ most: 2 * KEPT + 1 }],
  fromSql([found]) {
    const { values, counts } = found as SqlFrequencies
    const pairs = values.map((value, i) => [JSON.stringify(value), counts[i]!] as const)
    return cut({ counts: Object.fromEntries(pairs), size: pairs.length, missed: 0 })
  },
}
