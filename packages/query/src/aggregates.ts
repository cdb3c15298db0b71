import type { Aggregate } from './aggregate.ts'
import { count } from './aggregates/count.ts'
import { countif } from './aggregates/countif.ts'
import { max, min } from './aggregates/extreme.ts'
import { first, last } from './aggregates/first.ts'
import { histogram } from './aggregates/histogram.ts'
import { percentiles, quantile } from './aggregates/quantile.ts'
import { rate } from './aggregates/rate.ts'
import { stddev } from './aggregates/stddev.ts'
import { avg, sum } from './aggregates/sum.ts'
import { top } from './aggregates/top.ts'
import { uniq } from './aggregates/uniq.ts'

/** The names of the aggregate functions. */
export type AggregateName =
  | 'count'
  | 'countif'
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'stddev'
  | 'p50'
  | 'p75'
  | 'p90'
  | 'p95'
  | 'p99'
  | 'p999'
  | 'quantile'
  | 'uniq'
  | 'first'
  | 'last'
  | 'top'
  | 'rate'
  | 'histogram'

const ALL = [
  count,
  countif,
  sum,
  avg,
  min,
  max,
  stddev,
  ...percentiles,
  quantile,
  uniq,
  first,
  last,
  top,
  rate,
  histogram,
]

/** Every aggregate function of the language, by name. */
export const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map(
  ALL.map(entry => [entry.name, entry as Aggregate<unknown> as Aggregate]),
)

/** How a call is written: `quantile(x, q)`. */
export function signature({ name, params }: Aggregate): string {
  const written = params.map(param =>
    param.optional || param.byDefault !== undefined ? `[${param.name}]` : param.name,
  )
  return `${name}(${written.join(', ')})`
}
