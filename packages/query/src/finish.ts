import type { Event } from '@telltale/event'
import { addValues, newStates } from './accumulator.ts'
import { bucketEnd } from './bucket.ts'
import { type Column, findColumn } from './columns.ts'
import { keptOf, latest } from './latest.ts'
import { worked } from './limits.ts'
import { ofEvent, predicate, type Value, valuer } from './match.ts'
import { compareSorted } from './newest.ts'
import { compareScalars, scalarOf } from './order.ts'
import type { Group, Partial, Result, Scope } from './partial.ts'
import { type Plan, plan } from './plan.ts'
import { ofRow } from './row.ts'
import { slide } from './slide.ts'
import type { Query, Scalar } from './tree.ts'
import { typed } from './typed.ts'

/**
 * The answer from a (fully merged) partial result: results of the aggregates, `where`, `sort`, `limit`.
 * @param scope what was asked for; without it `rate` outside a bucket is null, and no window is left out as incomplete
 */
export function finish(query: Query, partial: Partial, scope?: Scope): Result {
  const ready = plan(query)
  return answer(
    ready,
    partial.kind === 'events'
      ? eventRows(ready, partial.events)
      : groupRows(ready, panesToWindows(ready, [...partial.groups.values()], scope), scope),
  )
}

/**
 * As {@link finish}, from groups as they are to be shown: those of a sliding window are whole windows, not panes, the
 * last of each key the window's end. For who keeps windows.
 */
export function finishGroups(query: Query, groups: readonly Group[], scope?: Scope): Result {
  const ready = plan(query)
  return answer(ready, groupRows(ready, groups, scope))
}

function answer({ query, columns }: Plan, rows: Row[]): Result {
  const limited = query.limit === undefined ? rows : rows.slice(0, query.limit)
  return {
    columns: columns.map((column, i) => ({ name: column.name, type: column.type ?? typeOf(rows, i) })),
    rows: limited,
  }
}

type Row = readonly unknown[]

function eventRows({ columns, names }: Plan, events: readonly Event[]): Row[] {
  const extras = columns.flatMap(({ source, name }) => (source === 'set' ? [valuer(names.get(name)!, ofEvent)] : []))
  return events.map(event => [event, ...extras.map(value => value(event))])
}

function groupRows(ready: Plan, given: readonly Group[], scope: Scope | undefined): Row[] {
  const { query, columns } = ready
  const groups = given.length === 0 && query.by.length === 0 && ready.bucket === undefined ? [empty(ready)] : given
  const rows = groups.map(group => rowOf(ready, ready.latest === undefined ? group : counted(ready, group), scope))
  return sorted(query, columns, where(ready, rows))
}

function panesToWindows(ready: Plan, groups: readonly Group[], scope: Scope | undefined): readonly Group[] {
  const { window } = ready.query
  return window?.kind === 'sliding' ? slide(ready, window, groups, scope) : groups
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

/** How much time a row covers, in ms: its bucket or window, as far as the scope reaches; without one the scope. */
function spanOf({ window }: Query, time: number | undefined, scope: Scope | undefined): number | undefined {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = scope ?? {}
  if (window?.kind === 'sliding') return window.ms
  const start = time ?? from
  const end = window?.kind === 'tumbling' ? bucketEnd(start, window) : to
  const span = Math.min(end, to) - Math.max(start, from)
  return Number.isFinite(span) ? span : undefined
}

function where({ query, columns }: Plan, rows: Row[]): Row[] {
  if (query.where === undefined) return rows
  const condition = typed(query.where, field => {
    const at = findColumn(query, columns, field.name)
    const type = typeof at === 'number' ? columns[at]!.type : undefined
    return type === 'string' || type === 'time' ? type : undefined
  })
  return rows.filter(predicate(condition, ofRow(query, columns)))
}

/** Sorts the rows in place: by the query's `sort`, then by the bucket and the keys. */
function sorted(query: Query, columns: readonly Column[], rows: Row[]): Row[] {
  const times = columns.findIndex(({ source }) => source === 'time')
  const keys = columns.flatMap(({ source }, i) => (source === 'key' ? [i] : []))
  const order = times < 0 ? keys : [times, ...keys]
  const sorts = query.sort.map(({ column, descending }) => ({
    at: findColumn(query, columns, column) as number,
    descending,
  }))
  return rows.sort((a, b) => {
    for (const { at, descending } of sorts) {
      const order = compareSorted(scalarOf(a[at] as Value), scalarOf(b[at] as Value), descending)
      if (order !== 0) return order
    }
    for (let i = 0; i < order.length; i++) {
      const found = compareScalars(a[order[i]!] as Scalar, b[order[i]!] as Scalar)
      if (found !== 0) return found
    }
    return 0
  })
}

/** The type all values of a column have; `json` where they differ, or there are none. */
function typeOf(rows: readonly Row[], column: number): string {
  let type: string | undefined
  for (const row of rows) {
    const value = row[column]
    if (value === null) continue
    const found = typeof value === 'object' ? 'json' : typeof value
    if (type !== undefined && type !== found) return 'json'
    type = found
  }
  return type ?? 'json'
}
