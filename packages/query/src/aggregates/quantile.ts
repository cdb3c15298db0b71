import type { Aggregate, Param, SqlCounts } from '../aggregate.ts'
import {
  addToSketch,
  BEYOND,
  FIRST_CODE,
  mergeAllSketches,
  mergeSketches,
  newSketch,
  quantileOf,
  type Sketch,
  sketchOfCodes,
  sketchOfCounts,
  sketchOfLevels,
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
  sql({ number, many, levels }) {
    const value = `assumeNotNull(${number})`
    const there = `isNotNull(${number})`
    const bits = (number: string): string => `bitShiftRight(reinterpretAsUInt64(${number}), 45)`
    const code = `if(${value} = 0., 0, toUInt16(least(${bits(value)} + ${2n ** 64n - BigInt(FIRST_CODE + 1)}, ${BEYOND - 1}) + 1))`
    const ends = [`minIf(${value}, ${there})`, `maxIf(${value}, ${there})`]
    // Adding 0 turns −0 into 0.
    if (many) return [...ends, `quantileExactWeightedStateIf(0.5)(toUInt32(${bits(`${value} + 0.`)}), 1, ${there})`]
    if (levels === undefined) return [...ends, `groupArrayIf(${code}, ${there})`]
    // The engine takes the one after rank q·n where that is whole.
    const below = levels.map(q => q * (1 - 2e-14))
    return [
      ...ends,
      `quantilesExactIf(${[...below, 1].join(', ')})(${code}, ${there})`,
      `countIf(${there})`,
      `CAST([${levels.join(', ')}], 'Array(Float64)')`,
    ]
  },
  fromSql([least, greatest, found, n, levels]) {
    const [min, max] = [least as number, greatest as number]
    if (levels !== undefined)
      return sketchOfLevels(n as number, Array.from(levels as Float64Array), found as Uint16Array, min, max)
    if (found instanceof Uint16Array) return sketchOfCodes(found, min, max)
    return sketchOfCounts(found as SqlCounts, min, max)
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
  level: ([q]) => q!,
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
    level: () => q,
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
