import { AGGREGATES, signature } from './aggregates.ts'
import { type Column, columnsOf, findColumn } from './columns.ts'
import { DAY, printDuration } from './duration.ts'
import { partsOf } from './inline.ts'
import { TOP_FIELDS } from './names.ts'
import { nearest } from './nearest.ts'
import { type QueryError, quoted, Refusal } from './query-error.ts'
import { size, written } from './size.ts'
import type { AggregateCall, Expression, Literal, Query, Window } from './tree.ts'
import { isZone } from './zone.ts'

/** Bounds of a query; its size as a whole has others, see size.ts. */
const SETS = 100
const CALLS = 50
const KEYS = 50
const SORTS = 50
/** Columns named in a message. */
const NAMED = 20
const PANES = 10_000

type Positions = ReadonlyMap<object, number>

/**
 * What makes a well-formed tree no query: unknown aggregates, columns that are not there …
 * @param positions where nodes stood in the text, if there was one
 */
export function check(query: Query, positions: Positions = new Map()): QueryError | undefined {
  try {
    written(query)
    sets(query, positions)
    aggregates(query, positions)
    if (query.window !== undefined) window(query, query.window)
    keys(query, positions)
    if (query.where !== undefined) where(query, query.where, positions)
    sort(query, positions)
    size(query)
    return undefined
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal.error
    throw refusal
  }
}

function sets({ set }: Query, positions: Positions): void {
  if (set.length > SETS) throw new Refusal(`found ${set.length} names given by set, at most ${SETS} are taken`, 0)
  for (const assignment of set) {
    const { name } = assignment
    if (Object.hasOwn(TOP_FIELDS, name) || name === 'additional_info' || name === 'event') {
      throw new Refusal(
        `found ${quoted(name)} given a new meaning, which every event has already`,
        positions.get(assignment) ?? 0,
        'choose another name',
      )
    }
  }
}

function aggregates({ aggregates }: Query, positions: Positions): void {
  if (aggregates.length > CALLS)
    throw new Refusal(`found ${aggregates.length} aggregates, at most ${CALLS} are taken`, 0)
  for (const call of aggregates) oneAggregate(call, positions.get(call) ?? 0)
}

function oneAggregate({ fn, args }: AggregateCall, position: number): void {
  const entry = AGGREGATES.get(fn)
  if (entry === undefined) {
    const near = nearest(fn, AGGREGATES.keys())
    throw new Refusal(`found ${quoted(fn)}, which is no known aggregate`, position, near && `did you mean ${near}?`)
  }
  const { params } = entry
  const least = params.filter(param => !param.optional && param.byDefault === undefined).length
  if (args.length < least || args.length > params.length) {
    throw new Refusal(
      `found ${args.length} arguments of ${fn}, expected ${least === params.length ? least : `${least} to ${params.length}`}`,
      position,
      `write ${signature(entry)}`,
    )
  }
  const constants: number[] = []
  params.forEach(({ name, kind, byDefault }, i) => {
    if (kind !== 'constant' && kind !== 'duration') return
    const value = args[i] === undefined ? byDefault : (args[i] as Literal).value
    if (typeof value !== 'number')
      throw new Refusal(
        `the argument ${name} of ${fn} must be a number written out`,
        position,
        `write ${signature(entry)}`,
      )
    constants.push(value)
  })
  const problem = entry.problem?.(constants)
  if (problem !== undefined) throw new Refusal(`in ${fn}, ${problem}`, position)
}

function window({ aggregates }: Query, window: Window): void {
  if (aggregates.length === 0) throw new Refusal('found a window without an aggregate', 0, 'add one, such as count()')
  if (window.kind === 'count') {
    if (!Number.isSafeInteger(window.events) || window.events < 1 || window.events > 100_000) {
      throw new Refusal(`found a window of ${window.events} events, expected 1 to 100000`, 0)
    }
    return
  }
  if (!(window.ms > 0)) throw new Refusal(`found a window of ${window.ms} ms, expected more than 0`, 0)
  if (window.kind === 'sliding') {
    const { ms, every } = window
    if (!(every > 0) || ms % every !== 0) {
      throw new Refusal(
        `found ${printDuration(ms)} every ${printDuration(every)}, expected a window of whole panes`,
        0,
        `choose a pane that divides ${printDuration(ms)}`,
      )
    }
    if (ms / every > PANES)
      throw new Refusal(`found ${ms / every} panes in a window, at most ${PANES} are kept`, 0, 'choose a longer every')
    return
  }
  const { ms, zone } = window
  if (ms > DAY && ms % DAY !== 0)
    throw new Refusal(`found a bucket of ${printDuration(ms)}, expected whole days or less than one`, 0)
  if (zone !== 'UTC' && ms % DAY !== 0)
    throw new Refusal(
      `found a time zone with a bucket of ${printDuration(ms)}`,
      0,
      'zones matter to buckets of whole days only',
    )
  if (!isZone(zone)) throw new Refusal(`found ${quoted(zone)}, which is no known time zone`, 0)
}

function keys(query: Query, positions: Positions): void {
  const { aggregates, by } = query
  if (aggregates.length === 0 && by.length > 0)
    throw new Refusal('found by without an aggregate', positions.get(by[0]!) ?? 0, 'add one, such as count()')
  if (by.length > KEYS)
    throw new Refusal(`found ${by.length} keys, at most ${KEYS} are taken`, positions.get(by[KEYS]!) ?? 0)
  const seen = new Set<string>()
  const columns = columnsOf(query)
  for (const { name, source, index } of columns) {
    if (seen.has(name)) {
      const node = source === 'key' ? by[index]! : aggregates[index]!
      throw new Refusal(`found two columns named ${quoted(name)}`, positions.get(node) ?? 0, 'name one with as')
    }
    seen.add(name)
  }
}

function where(query: Query, node: Expression, positions: Positions): void {
  const grouped = query.aggregates.length > 0
  const columns = columnsOf(query)
  const visit = (part: Expression): void => {
    if (grouped && part.kind === 'field') column(query, columns, part.name, positions.get(part) ?? 0)
    if (grouped && (part.kind === 'text' || part.kind === 'tag')) {
      throw new Refusal(
        'found a search of events after the aggregates',
        positions.get(part) ?? 0,
        'put it in the filter',
      )
    }
    for (const inner of partsOf(part)) visit(inner)
  }
  visit(node)
}

function sort(query: Query, positions: Positions): void {
  if (query.sort.length > SORTS)
    throw new Refusal(
      `found ${query.sort.length} columns to sort by, at most ${SORTS} are taken`,
      positions.get(query.sort[SORTS]!) ?? 0,
    )
  if (query.aggregates.length === 0) return
  const columns = columnsOf(query)
  for (const key of query.sort) column(query, columns, key.column, positions.get(key) ?? 0)
}

function column(query: Query, columns: readonly Column[], name: string, position: number): void {
  const found = findColumn(query, columns, name)
  if (typeof found === 'number') return
  const names = columns.map(one => one.name)
  if (found === 'ambiguous')
    throw new Refusal(
      `found ${quoted(name)}, which may mean several columns`,
      position,
      `write one of ${listed(names)}`,
    )
  const near = nearest(name, [...names, ...query.aggregates.map(call => call.fn)])
  throw new Refusal(
    `found ${quoted(name)}, which is no column of the result`,
    position,
    near === undefined ? `its columns are ${listed(names)}` : `did you mean ${near}?`,
  )
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).map(name => (name.length > 40 ? `${name.slice(0, 39)}…` : name))
  return shown.join(', ') + (names.length > NAMED ? `, and ${names.length - NAMED} more` : '')
}
