import { AGGREGATES } from './aggregates.ts'
import { resolve } from './names.ts'
import type { Query } from './tree.ts'
import type { Kind } from './typed.ts'

/** A column of a query's result. */
export interface Column {
  readonly name: string
  /** Known beforehand; undefined where it depends on the values. */
  readonly type: string | undefined
  /** Where its cells come from: the bucket's (or window's) time, a key of `by`, an aggregate, the event itself, a `set`. */
  readonly source: 'time' | 'key' | 'aggregate' | 'event' | 'set'
  /** Which key of `by`, aggregate or `set`. */
  readonly index: number
}

const TYPES = { string: 'string', strings: 'string', number: 'number', time: 'time' } as const

/**
 * The columns of a query's result: keys as written, with the time of the bucket in its place, then aggregates.
 * Without aggregates: the whole event in a column `event`, then what `set` names.
 */
export function columnsOf(query: Query): Column[] {
  const { aggregates, by, window, set } = query
  const kinds = kindsOf(query)
  const typeOf = (name: string): string | undefined => {
    const kind = kinds(name)
    return kind === undefined ? undefined : TYPES[kind]
  }
  if (aggregates.length === 0) {
    const names = [...new Set(set.map(({ name }) => name))]
    return [
      { name: 'event', type: 'event', source: 'event', index: 0 },
      ...names.map((name, index): Column => ({ name, type: typeOf(name), source: 'set', index })),
    ]
  }
  const columns = by.map(({ name }, index): Column => ({ name, type: typeOf(name), source: 'key', index }))
  if (window?.kind === 'tumbling' || window?.kind === 'sliding') {
    const at = window.kind === 'tumbling' ? (window.at ?? by.length) : by.length
    columns.splice(at, 0, { name: 'time', type: 'time', source: 'time', index: by.length })
  }
  aggregates.forEach(({ name, fn, args }, index) => {
    const type = AGGREGATES.get(fn)?.type
    const argument = args[0]?.kind === 'field' ? typeOf(args[0].name) : undefined
    columns.push({ name, type: type === 'argument' ? argument : type, source: 'aggregate', index })
  })
  return columns
}

/** What a name certainly holds, before aggregation. */
function kindsOf({ set }: Query): (name: string) => Kind {
  return name => {
    for (const { name: given, value } of set.toReversed()) {
      if (given === name && value.kind !== 'field') return undefined
      if (given === name && value.kind === 'field') name = value.name
    }
    const place = resolve(name)
    return place.kind === 'top' ? place.type : undefined
  }
}

/**
 * Which column of the result a name means: the column so named, else the only aggregate of that function
 * (`sort count desc`).
 * @returns its index; `unknown`; or `ambiguous`
 */
export function findColumn(query: Query, columns: readonly Column[], name: string): number | 'unknown' | 'ambiguous' {
  const exact = columns.findIndex(column => column.name === name)
  if (exact >= 0) return exact
  const calls = columns.flatMap((column, i) =>
    column.source === 'aggregate' && query.aggregates[column.index]!.fn === name ? [i] : [],
  )
  if (calls.length === 1) return calls[0]!
  return calls.length === 0 ? 'unknown' : 'ambiguous'
}
