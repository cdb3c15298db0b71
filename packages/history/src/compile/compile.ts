import {
  type Call,
  type Expression,
  findColumn,
  type Plan,
  plan,
  type Query,
  resolve,
  type Scope,
  type SqlArgument,
} from '@telltale/query'
import type { Fields } from '../fields.ts'
import { text } from '../literal.ts'
import { condition, view } from './condition.ts'
import { identity, type View, words } from './view.ts'

/** A query as SQL: WHERE clauses without the word. */
export interface Compiled {
  /** Rows whose part in the answer SQL can tell. */
  readonly sure: string
  /** Rows that only the reference can judge, to be streamed through it. Absent: none. */
  readonly doubtful?: string
  /** Rows of either kind, for who looks at both at once. */
  readonly possible: string
  /** What of it the table's index and partitions can tell: `1` where that is nothing. */
  readonly indexed: string
  /** Absent where every possible row is doubtful. */
  readonly groups?: GroupColumns
}

/** How to ask for the groups. */
export interface GroupColumns {
  readonly keys: readonly KeyColumn[]
  /** ms of UTC time to group by; the bucket's start lies in the first of them or is found from it. */
  readonly bucket?: string
  /** Expressions of states, each once. */
  readonly states: readonly (string | Frequent)[]
  /** Per call with a state of its own, which of `states` are its. */
  readonly calls: readonly { readonly call: Call; readonly at: readonly number[] }[]
  /** Where no other events matter: the answer's groups are among the first, by this expression, and those equal to the last. */
  readonly first?: { readonly sql: string; readonly descending: boolean; readonly limit: number }
}

/** How often each value was met, of the most frequent ones. */
export interface Frequent {
  readonly most: number
  readonly value: KeyColumn
}

export interface KeyColumn {
  readonly sql: string
  readonly kind: KeyKind
}

export type KeyKind = 'string' | 'number' | 'boolean' | 'identity' | 'missing'

const DAY = 86_400_000
const QUARTER = 900_000

/** What states are for. */
export interface States {
  /** The query may look at more events than states could list. */
  readonly many: boolean
  /** Nothing will be merged with them. */
  readonly alone: boolean
  /** Distinct values are to be estimated. */
  readonly estimated: boolean
}

export function compile(query: Query, scope: Scope, collector: string, fields: Fields, made: States): Compiled {
  const ready = plan(query)
  const within = scopeSql(scope, collector)
  const holds = ready.condition === undefined ? { sure: '1', possible: '1' } : condition(ready.condition, fields)
  const and = (...parts: string[]): string => [...within, ...parts].filter(part => part !== '1').join(' AND ') || '1'
  const indexed = and(
    ...conditionsOf(ready)
      .filter(isIndexed)
      .map(item => condition(item, fields).possible),
  )
  if (ready.latest !== undefined)
    return { sure: '0', doubtful: and(holds.possible), possible: and(holds.possible), indexed }
  const { groups, doubts } =
    query.aggregates.length === 0
      ? { groups: undefined, doubts: orderDoubts(ready, fields) }
      : groupColumns(ready, fields, made)
  const doubt = doubts.length === 0 ? undefined : `(${doubts.join(' OR ')})`
  const unsure: string[] = []
  if (holds.sure !== holds.possible) unsure.push(`${holds.possible} AND NOT ${holds.sure}`)
  if (doubt !== undefined) unsure.push(`${holds.sure} AND ${doubt}`)
  return {
    sure: and(holds.sure, ...(doubt === undefined ? [] : [`NOT ${doubt}`])),
    possible: and(holds.possible),
    indexed,
    ...(unsure.length === 0 ? {} : { doubtful: and(`(${unsure.join(' OR ')})`) }),
    ...(groups === undefined ? {} : { groups }),
  }
}

/** What must hold, each by itself. */
function conditionsOf({ condition }: { readonly condition?: Expression | undefined }): readonly Expression[] {
  if (condition === undefined) return []
  return condition.kind === 'and' ? condition.items : [condition]
}

/** The columns that rows are sorted, parted or marked by. */
const INDEXED = new Set(['type', 'time', 'seq'])

function isIndexed(node: Expression): boolean {
  if (node.kind === 'compare' && node.right.kind !== 'literal') return false
  if (node.kind !== 'compare' && node.kind !== 'in' && node.kind !== 'glob') return false
  return node.left.kind === 'field' && INDEXED.has(node.left.name)
}

/** The scope's bounds. Seq belongs to this collector; what others sent is all in history. */
function scopeSql({ from, to, afterSeq = 0, uptoSeq = Number.POSITIVE_INFINITY }: Scope, collector: string): string[] {
  const parts: string[] = []
  const moment = (ms: number): string => `fromUnixTimestamp64Micro(toInt64(${Math.ceil(ms * 1000)}), 'UTC')`
  if (from > 0) parts.push(`time >= ${moment(Math.min(from, LAST))}`)
  if (to < LAST) parts.push(`time < ${moment(Math.max(to, 0))}`)
  if (afterSeq > 0) parts.push(`(collector != ${text(collector)} OR seq > ${afterSeq})`)
  if (Number.isFinite(uptoSeq)) parts.push(`(collector != ${text(collector)} OR seq <= ${uptoSeq})`)
  return parts
}

/** The year 2262, beyond which no event's time lies. */
const LAST = Date.UTC(2262, 0, 2)

function orderDoubts({ order }: Plan, fields: Fields): string[] {
  return order.flatMap(({ value }) => opaqueOf(view(value, fields)))
}

function opaqueOf({ opaque }: View): string[] {
  return opaque === undefined ? [] : [opaque]
}

function groupColumns(
  ready: Plan,
  fields: Fields,
  { many, alone, estimated }: States,
): { groups: GroupColumns; doubts: string[] } {
  const doubts: string[] = []
  const keys = ready.keys.map(key => {
    const value = view(key, fields)
    doubts.push(...opaqueOf(value))
    return keyOf(value)
  })
  const states: (string | Frequent)[] = []
  const indexOf = (state: string | Frequent): number => {
    const at = states.indexOf(state)
    return at >= 0 ? at : states.push(state) - 1
  }
  const calls = ready.calls.flatMap((call, i) => {
    if (call.slot !== i) return []
    const { value, ...argument } = argumentOf(call.argument, call.aggregate.params[0]?.kind, ready, fields, doubts)
    const whole = alone && isWhole(ready)
    const levels = whole ? levelsOf(ready, i) : undefined
    const distinct = estimated ? 'estimated' : whole ? 'counted' : 'listed'
    const all = {
      ...argument,
      time: TIME,
      seq: 'seq',
      many,
      distinct,
      ...(levels === undefined ? {} : { levels }),
    } as const
    const own = call.aggregate.sql(all)
    const at = own.map(state => indexOf(typeof state === 'string' ? state : { ...state, value }))
    return [{ call, argument: all, at }]
  })
  const bucket = ready.bucket === undefined ? {} : { bucket: bucketSql(ready.bucket) }
  const first =
    doubts.length === 0 && states.every(state => typeof state === 'string') ? firstOf(ready, keys, calls) : {}
  return { groups: { keys, ...bucket, states, calls: calls.map(({ argument: _, ...call }) => call), ...first }, doubts }
}

/** Whether SQL's groups are the answer's: none of these is made of several. */
function isWhole({ bucket, query: { window } }: Plan): boolean {
  return window?.kind !== 'sliding' && (bucket === undefined || bucket.ms < DAY)
}

/** The quantiles that all calls of a state ask for, where they ask for nothing else. */
function levelsOf({ calls }: Plan, slot: number): number[] | undefined {
  const levels = calls.flatMap(call => (call.slot === slot ? [call.aggregate.level?.(call.constants)] : []))
  return levels.every(level => level !== undefined) ? levels : undefined
}

/** How SQL finds the groups that are in the answer, where its order is SQL's and nothing comes between. */
function firstOf(
  { query, bucket, columns }: Plan,
  keys: readonly KeyColumn[],
  calls: readonly { call: Call; argument: SqlArgument }[],
): Pick<GroupColumns, 'first'> {
  const [sort] = query.sort
  const { limit } = query
  if (limit === undefined || sort === undefined || query.where !== undefined || bucket !== undefined) return {}
  // Keys of several types would not tell the type of their column from a few.
  if (keys.some(({ kind }) => kind === 'identity')) return {}
  const column = columns[findColumn(query, columns, sort.column) as number]!
  const { call, argument } = calls.find(({ call }) => call === plan(query).calls[column.index]) ?? {}
  const sql = column.source === 'key' ? `key${column.index}` : argument && call?.aggregate.sqlResult?.(argument)
  return sql === undefined ? {} : { first: { sql, descending: sort.descending, limit } }
}

const TIME = '(toUnixTimestamp64Micro(time) / 1000)'
const NO_NUMBER = "CAST(NULL, 'Nullable(Float64)')"

type Argument = Omit<SqlArgument, 'time' | 'seq' | 'many' | 'distinct'> & { value: KeyColumn }

function argumentOf(
  argument: Expression | undefined,
  kind: string | undefined,
  { condition: filter }: Plan,
  fields: Fields,
  doubts: string[],
): Argument {
  const none = {
    number: NO_NUMBER,
    identity: '',
    words: '',
    different: '',
    there: '0',
    condition: '1',
    value: keyOf({}),
  }
  if (argument === undefined) return none
  if (kind === 'condition') {
    const { sure, possible } = condition(argument, fields)
    if (sure !== possible) doubts.push(`(${possible} AND NOT ${sure})`)
    return { ...none, condition: sure }
  }
  const value = view(argument, fields)
  // Numbers ignore arrays; whoever counts values needs an array's text, which only the reference can tell.
  if (kind !== 'number') doubts.push(...opaqueOf(value))
  else if (value.inexact !== undefined) doubts.push(value.inexact)
  const key = keyOf(value)
  const all = words(value)
  const different = key.kind === 'identity' || key.kind === 'missing' ? all : key.sql
  return {
    ...none,
    number: value.number ?? NO_NUMBER,
    identity: identity(value),
    words: all,
    different: `assumeNotNull(${different})`,
    there: isCertain(argument, filter, value, fields) ? '1' : `isNotNull(${different})`,
    value: key,
  }
}

/** Whether the filter lets nothing by that lacks the argument: its `has`, where that means a value. */
function isCertain(argument: Expression, filter: Expression | undefined, value: View, fields: Fields): boolean {
  if (argument.kind !== 'field' || value.opaque !== undefined) return false
  const place = resolve(argument.name)
  if (place.kind !== 'path' || fields.below(place.name)?.length !== 0) return false
  return conditionsOf({ condition: filter }).some(one => one.kind === 'has' && one.field.name === argument.name)
}

/** The cheapest expression that tells the key's values apart. */
function keyOf(value: View): KeyColumn {
  const { number, string, boolean, json } = value
  const present = [number, string, boolean, json].filter(one => one !== undefined)
  if (present.length === 0) return { sql: 'NULL', kind: 'missing' }
  if (present.length > 1 || json !== undefined) return { sql: identity(value), kind: 'identity' }
  if (string !== undefined) return { sql: string, kind: 'string' }
  // Adding 0 turns −0 into 0.
  return number !== undefined ? { sql: `${number} + 0.`, kind: 'number' } : { sql: boolean!, kind: 'boolean' }
}

/**
 * Below a day, and for days in UTC, the bucket's start. For days elsewhere the quarter of an hour, whose bucket JavaScript
 * knows: zones change on quarters, and two libraries may differ about when.
 */
function bucketSql({ ms, zone }: { ms: number; zone: string }): string {
  const floor = (size: number): string => `intDiv(toUnixTimestamp64Micro(time), ${size * 1000}) * ${size}`
  if (ms < DAY) return floor(ms)
  return zone === 'UTC' ? floor(DAY) : floor(QUARTER)
}
