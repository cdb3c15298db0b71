import type { Event } from '@telltale/event'
import { addValues, newStates } from './accumulator.ts'
import { bucketEnd } from './bucket.ts'
import { type Column, findColumn } from './columns.ts'
import { holding } from './held.ts'
import { keptOf, latest } from './latest.ts'
import { worked } from './limits.ts'
import { ofEvent, predicate, type Value, valuer } from './match.ts'
import { compareSorted } from './newest.ts'
import { compareScalars, scalarOf } from './order.ts'
import type { Group, Partial, Result, Scope } from './partial.ts'
import { type Plan, plan } from './plan.ts'
import { ofRow } from './row.ts'
import { slide } from './slide.ts'
import { First, run, type Steps } from './steps.ts'
import type { Query, Scalar } from './tree.ts'
import { typed } from './typed.ts'

/**
 * The answer from a (fully merged) partial result: results of the aggregates, `where`, `sort`, `limit`.
 * @param scope what was asked for; without it `rate` outside a bucket is null, and no window is left out as incomplete
 */
export function finish(query: Query, partial: Partial, scope?: Scope): Result {
  return run(finishing(query, partial, scope))
}

/** As {@link finish}, in steps. */
export function* finishing(query: Query, partial: Partial, scope?: Scope): Steps<Result> {
  const ready = plan(query)
  if (partial.kind === 'events') return yield* eventRows(ready, partial.events)
  const { window } = query
  if (window?.kind === 'sliding')
    return yield* groupRows(ready, yield* slide(ready, window, partial.groups.values(), scope), scope)
  return yield* groupRows(ready, yield* holding(ready, partial.groups), scope)
}

/**
 * As {@link finish}, from groups as they are to be shown: those of a sliding window are whole windows, not panes, the
 * last of each key the window's end. For who keeps windows.
 */
export function finishGroups(query: Query, groups: readonly Group[], scope?: Scope): Result {
  return run(finishingGroups(query, groups, scope))
}

/** As {@link finishGroups}, in steps. The states are read in the first, unless there are many more than are wanted; they may change after. */
export function finishingGroups(query: Query, groups: readonly Group[], scope?: Scope): Steps<Result> {
  const ready = plan(query)
  return groupRows(ready, run(holding(ready, groups)), scope, Number.POSITIVE_INFINITY)
}

type Row = readonly unknown[]

/** Rows to a step. */
const ROWS = 256
/** Rows to a step where some aggregate's results take long. */
const DEAR: Record<string, number> = { top: 1, uniq: 16, sketch: 16 }

function* eventRows({ query, columns, names }: Plan, events: readonly Event[]): Steps<Result> {
  const extras = columns.flatMap(({ source, name }) => (source === 'set' ? [valuer(names.get(name)!, ofEvent)] : []))
  const types = new Types(columns)
  const rows: Row[] = []
  for (const event of events) {
    const row = [event, ...extras.map(value => value(event))]
    types.see(row)
    rows.push(row)
    if (rows.length % ROWS === 0) yield
  }
  return { columns: types.columns, rows: rows.slice(0, query.limit) }
}

/**
 * @param groups each is looked at before the next is asked for; undefined between two steps of one
 * @param few groups to a step
 */
function* groupRows(
  ready: Plan,
  groups: Iterable<Group | undefined>,
  scope: Scope | undefined,
  few: number = stepOf(ready),
): Steps<Result> {
  const { query, columns, latest } = ready
  const kept = where(ready)
  const types = new Types(columns)
  const first = new First(compareRows(ready), query.limit ?? Number.POSITIVE_INFINITY)
  let seen = 0
  for (const group of groups) {
    if (group === undefined || ++seen % few === 0) yield
    if (group === undefined) continue
    const row = rowOf(ready, latest === undefined ? group : counted(ready, group), scope)
    if (!kept(row)) continue
    types.see(row)
    if (first.offer(row)) yield* first.cut()
  }
  if (seen === 0 && query.by.length === 0 && ready.bucket === undefined)
    return yield* groupRows(ready, [empty(ready)], scope)
  return { columns: types.columns, rows: yield* first.cut() }
}

/** How many groups make a step. */
function stepOf({ latest, calls }: Plan): number {
  return latest !== undefined ? 1 : Math.min(...calls.map(({ aggregate }) => DEAR[aggregate.family] ?? ROWS))
}

function empty(ready: Plan): Group {
  return { key: [], states: newStates(ready) }
}

/** The group of a query `over 100 events` with the states of the events kept. */
function counted(ready: Plan, group: Group): Group {
  const { latest: most, ...plain } = ready
  const states = newStates(plain)
  for (const { values, ...at } of latest(keptOf(group), most!)) {
    worked(1)
    addValues(plain, states, values, at)
  }
  return { key: group.key, states }
}

function rowOf({ query, columns, calls, bucket }: Plan, { key, states }: Group, scope: Scope | undefined): Row {
  const span = spanOf(query, bucket === undefined ? undefined : (key.at(-1) as number), scope)
  worked(columns.length)
  const row = new Array<unknown>(columns.length)
  for (let i = 0; i < row.length; i++) {
    const { source, index } = columns[i]!
    const call = calls[index]
    row[i] = source === 'aggregate' ? call!.aggregate.result(states[index], call!.constants, span) : key[index]
  }
  return row
}

/** The last moment a date can be, in ms. */
const END_OF_TIME = 8.64e15

/** How much time a row covers, in ms: its bucket or window, as far as the scope reaches; without one the scope. */
function spanOf({ window }: Query, time: number | undefined, scope: Scope | undefined): number | undefined {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, now = to } = scope ?? {}
  if (window?.kind === 'sliding') return window.ms
  const start = time ?? from
  const end = window?.kind === 'tumbling' ? bucketEnd(start, window) : to < END_OF_TIME ? to : now
  const span = Math.min(end, to) - Math.max(start, from)
  return Number.isFinite(span) ? span : undefined
}

function where({ query, columns }: Plan): (row: Row) => boolean {
  if (query.where === undefined) return () => true
  const condition = typed(query.where, field => {
    const at = findColumn(query, columns, field.name)
    const type = typeof at === 'number' ? columns[at]!.type : undefined
    return type === 'string' || type === 'time' ? type : undefined
  })
  return predicate(condition, ofRow(query, columns))
}

/** The order of rows: by the query's `sort`, then by the bucket and the keys. */
function compareRows({ query, columns }: Plan): (a: Row, b: Row) => number {
  const times = columns.findIndex(({ source }) => source === 'time')
  const keys = columns.flatMap(({ source }, i) => (source === 'key' ? [i] : []))
  const order = times < 0 ? keys : [times, ...keys]
  const sorts = query.sort.map(({ column, descending }) => ({
    at: findColumn(query, columns, column) as number,
    descending,
  }))
  return (a, b) => {
    for (const { at, descending } of sorts) {
      const order = compareSorted(scalarOf(a[at] as Value), scalarOf(b[at] as Value), descending)
      if (order !== 0) return order
    }
    for (let i = 0; i < order.length; i++) {
      const found = compareScalars(a[order[i]!] as Scalar, b[order[i]!] as Scalar)
      if (found !== 0) return found
    }
    return 0
  }
}

/** What types the values of the columns have, as far as that is not known beforehand. */
class Types {
  readonly #columns: readonly Column[]
  readonly #found: (string | undefined)[]
  readonly #open: number[]

  constructor(columns: readonly Column[]) {
    this.#columns = columns
    this.#found = columns.map(({ type }) => type)
    this.#open = columns.flatMap(({ type }, i) => (type === undefined ? [i] : []))
  }

  see(row: Row): void {
    for (const column of this.#open) {
      const value = row[column]
      if (value === null) continue
      const type = typeof value === 'object' ? 'json' : typeof value
      const found = this.#found[column]
      this.#found[column] = found === undefined || found === type ? type : 'json'
    }
  }

  /** `json` where values differ, or there are none. */
  get columns(): Result['columns'] {
    return this.#columns.map(({ name }, i) => ({ name, type: this.#found[i] ?? 'json' }))
  }
}
