import { check, plan, printDuration, type Query, type QueryError, size } from '@telltale/query'
import { ALL, Horizon, type Span } from './horizon.ts'

export interface CanStandOptions {
  /** Of which times events count, where the query does not say. Default: all. */
  readonly span?: Span
  /** At most so many keys; beyond, those unused longest are evicted. Default 10,000. */
  readonly maxKeys?: number
  /** What its keys may weigh together, in bytes: they are weighed as they grow. Default 64 MiB. */
  readonly memory?: number
}

/** What a query costs while it stands. */
export interface Stands {
  /** Keys it keeps at most; fewer where that many would be heavier than `memory` allows. */
  readonly keys: number
  /** What a key may come to weigh, with all its panes full, where values spread as they commonly do. */
  readonly bytesPerKey: number
  /** Panes, or buckets, a key has at most. */
  readonly panes: number
}

const MAX_KEYS = 10_000
/** Some tens of microseconds an event. */
const MAX_PARTS = 2000
const MEMORY = 64 << 20

/** What a state commonly weighs by family, in bytes; others about 100. */
const WEIGHTS: Readonly<Record<string, number>> = {
  count: 8,
  countif: 8,
  min: 8,
  max: 8,
  total: 56,
  stddev: 64,
  sketch: 1500,
  uniq: 6000,
  top: 6000,
}

/** What an entry, and a pane of it, weigh beside their states. */
const ENTRY = 250
const PANE = 60

/** Whether a query can be left standing: what that costs, or why not and what to add. */
export function canStand(query: Query, options: CanStandOptions = {}): Stands | QueryError {
  const { maxKeys = MAX_KEYS, memory = MEMORY } = options
  const wrong = check(query) ?? problem(query, query.range ?? options.span ?? ALL, maxKeys)
  if (wrong !== undefined) return wrong
  const parts = size(query)
  if (parts > MAX_PARTS)
    return refused(
      `every event would be held against its ${parts} parts, with the names of set filled in; at most ${MAX_PARTS} may stand`,
      'ask for less at a time',
    )
  const horizon = new Horizon(query, query.range ?? options.span ?? ALL)
  const { panes } = horizon
  const bytesPerKey = ENTRY + query.by.length * 50 + panes * (PANE + weigh(query))
  if (bytesPerKey > memory)
    return refused(
      `one key needs about ${Math.ceil(bytesPerKey / 1e6)} MB in ${panes} ${panes === 1 ? 'pane' : 'panes'}, and ${Math.floor(memory / 1e6)} MB are allowed`,
      'choose a shorter window or range, longer panes or buckets, or allow more memory',
    )
  return { keys: query.by.length === 0 ? 1 : maxKeys, bytesPerKey, panes }
}

function problem({ aggregates, window, by, sort }: Query, span: Span, maxKeys: number): QueryError | undefined {
  if (aggregates.length === 0)
    return sort.length > 0
      ? refused(
          'events cannot be sorted before the last has come',
          'leave out sort, or add an aggregate such as count()',
        )
      : refused(
          'a query for events keeps nothing: every event is sent on as it comes',
          'add an aggregate such as count()',
        )
  if (by.length > 0 && !Number.isFinite(maxKeys))
    return refused(`the values of ${by.map(({ name }) => name).join(', ')} may be any number`, 'set a cap on keys')
  if (window?.kind === 'tumbling' && span.kind === 'all')
    return refused(
      `a row per ${printDuration(window.ms)} would be added for ever`,
      'begin with a range such as last 24h, or write over instead of by for a sliding window',
    )
  if (window?.kind === 'sliding' && span.kind === 'between')
    return refused('a window cannot slide between two fixed times', 'leave out the range, or say last 24h')
  if (window?.kind === 'count' && span.kind === 'last')
    return refused('a window of so many events cannot also be one of time', 'leave out the range, or the window')
  return undefined
}

function weigh(query: Query): number {
  const { calls, latest } = plan(query)
  if (latest !== undefined) return 2 * latest * (48 + calls.length * 8)
  let bytes = 0
  for (const [i, { slot, aggregate }] of calls.entries()) bytes += slot === i ? (WEIGHTS[aggregate.family] ?? 100) : 8
  return bytes
}

function refused(message: string, hint: string): QueryError {
  return { message: `this query cannot stand: ${message}`, position: 0, hint }
}
