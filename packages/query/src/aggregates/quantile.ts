import type { Aggregate, Param } from '../aggregate.ts'
import {
  addToSketch,
  BUCKETS,
  bucketOfBits,
  mergeAllSketches,
  mergeSketches,
  newSketch,
  quantileOf,
  type Sketch,
} from '../sketch.ts'

const X: Param = { name: 'x', kind: 'number' }

/** What all aggregates share that are read off a sketch. */
export const sketched: Omit<Aggregate<Sketch>, 'name' | 'params' | 'doc' | 'example' | 'type' | 'result'> = {
  family: 'sketch',
  free: true,
  init: newSketch,
  add(state, value) {
    addToSketch(state, value as number)
    return state
  },
  merge: mergeSketches,
  mergeAll: mergeAllSketches,
  sql: ({ number }) => [
    `min(${number})`,
    `max(${number})`,
    // Adding 0 turns −0 into 0.
    // A count per key of a map is found in half the time sumMap takes for arrays of one.
    `countMapIf(map(toUInt32(bitAnd(bitShiftRight(reinterpretAsUInt64(assumeNotNull(${number}) + 0.), 45), ${2 * BUCKETS - 1})), toUInt8(1)), isNotNull(${number}))`,
  ],
  fromSql([min, max, counts]) {
    const sorted = Object.entries(counts as Record<string, unknown>)
      .map(([bits, count]) => [bucketOfBits(Number(bits)), Number(count)] as const)
      .sort((a, b) => a[0] - b[0])
    return {
      n: sorted.reduce((n, [, count]) => n + count, 0),
      min: Number(min ?? 0),
      max: Number(max ?? 0),
      buckets: sorted.map(([bucket]) => bucket),
      counts: sorted.map(([, count]) => count),
    }
  },
}

export const quantile: Aggregate<Sketch> = {
  ...sketched,
  name: 'quantile',
  params: [X, { name: 'q', kind: 'constant' }],
  doc: 'The value that the share q of the numbers does not exceed (nearest rank), to within 1/256 of it.',
  example: 'type = page_load | quantile(execution_time, 0.42) by url',
  type: 'number',
  problem: ([q]) => (q! >= 0 && q! <= 1 ? undefined : `q must be between 0 and 1, found ${q}`),
  result: (state, [q]) => quantileOf(state, q!),
}

function fixed(name: string, q: number): Aggregate<Sketch> {
  return {
    ...sketched,
    name,
    params: [X],
    doc: `The value that ${+(q * 100).toFixed(1)} % of the numbers do not exceed, to within 1/256 of it.`,
    type: 'number',
    example: `type = page_load | ${name}(execution_time) by url, 1m`,
    result: state => quantileOf(state, q),
  }
}

export const percentiles: readonly Aggregate<Sketch>[] = [
  fixed('p50', 0.5),
  fixed('p75', 0.75),
  fixed('p90', 0.9),
  fixed('p95', 0.95),
  fixed('p99', 0.99),
  fixed('p999', 0.999),
]
