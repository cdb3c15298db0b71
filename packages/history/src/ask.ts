import type { Event } from '@telltale/event'
import {
  bucketStart,
  evaluate,
  fromIdentity,
  type Group,
  groupKey,
  merge,
  mergeGroups,
  type Partial,
  plan,
  type Query,
  type Scalar,
  type Scope,
} from '@telltale/query'
import { type Compiled, compile, type GroupColumns, type KeyKind } from './compile/compile.ts'
import type { Engine, ReadOptions } from './engine/engine.ts'
import type { Fields } from './fields.ts'
import { LINE } from './latest.ts'
import { TABLE } from './schema.ts'

export interface AskOptions extends ReadOptions {
  /** Groups beyond which a query is refused. Default 1,000,000. */
  groups?: number
  /** Events looked at one by one, where SQL can't tell, beyond which a query is refused. Default 2,000,000. */
  doubtful?: number
  /** Events returned by a query without a limit. Default 100,000. */
  events?: number
}

const PAGE = 10_000

const JSON_AS_IS = {
  output_format_json_quote_64bit_integers: 0,
  // What is beyond a double is null.
  output_format_json_quote_denormals: 0,
  output_format_json_named_tuples_as_objects: 0,
}
const bounded = (groups: number): Record<string, number | string> => ({
  max_rows_to_group_by: groups,
  group_by_overflow_mode: 'throw',
})

/** What an engine's events make of a query. */
export async function ask(
  engine: Engine,
  fields: Fields,
  collector: string,
  query: Query,
  scope: Scope,
  options: AskOptions = {},
): Promise<Partial> {
  const compiled = compile(query, scope, collector, fields)
  const { sure, doubtful, groups } = compiled
  const rest = (): Promise<Partial> => judged(engine, query, scope, doubtful!, options)
  if (sure === '0') return doubtful === undefined ? evaluate(query, [], scope) : rest()
  if (groups !== undefined) {
    const { partial, doubts } = await grouped(engine, query, { ...compiled, groups }, options)
    return doubts ? merge(query, partial, await rest()) : partial
  }
  const found = events(engine, query, sure, options)
  if (doubtful === undefined) return found
  const both = await Promise.all([found, rest()])
  return merge(query, ...both)
}

/** The groups of the rows SQL can judge, and whether there are others: one pass tells both. */
async function grouped(
  engine: Engine,
  query: Query,
  { sure, doubtful, possible, groups }: Compiled & { groups: GroupColumns },
  options: AskOptions,
): Promise<{ partial: Partial; doubts: boolean }> {
  const { keys, bucket, states } = groups
  const by = [...keys.map(({ sql }) => sql), ...(bucket === undefined ? [] : [bucket])]
  const judge = doubtful === undefined ? [] : [`toUInt8(${sure})`]
  const names = [...by, ...judge].map((_, i) => `key${i}`)
  const columns = [...[...by, ...judge].map((sql, i) => `${sql} AS ${names[i]}`), ...states]
  const where = doubtful === undefined ? sure : possible
  const reading = engine.read(
    `SELECT ${columns.join(',\n  ')}\nFROM ${TABLE}\nWHERE ${where}\n${names.length > 0 ? `GROUP BY ${names.join(', ')}` : 'HAVING count() > 0'}`,
    {
      ...options,
      format: 'JSONCompactEachRow',
      settings: { ...JSON_AS_IS, ...bounded(options.groups ?? 1_000_000) },
    },
  )
  const [{ bytes }, scanned] = await Promise.all([reading, rowsOf(engine, where)])
  const ready = plan(query)
  const found = new Map<string, Group>()
  let doubts = false
  for (const line of linesOf(bytes)) {
    const row = JSON.parse(line) as unknown[]
    if (judge.length > 0 && Number(row[by.length]) === 0) {
      doubts = true
      continue
    }
    const key = keys.map(({ kind }, i) => keyFrom(row[i], kind))
    if (ready.bucket !== undefined) key.push(bucketStart(Number(row[keys.length]), ready.bucket))
    const text = groupKey(key)
    const group = { key, states: statesOf(groups, ready.calls.length, row.slice(names.length), ready.calls) }
    const other = found.get(text)
    found.set(text, other === undefined ? group : mergeGroups(ready, other, group))
  }
  return { partial: { kind: 'groups', groups: found, scanned }, doubts }
}

function statesOf(
  { calls }: GroupColumns,
  count: number,
  values: unknown[],
  all: readonly { slot: number }[],
): unknown[] {
  const own = calls.map(({ call, at }) => call.aggregate.fromSql(at.map(i => values[i])))
  const states: unknown[] = new Array(count)
  let next = 0
  all.forEach(({ slot }, i) => {
    states[i] = slot === i ? own[next++] : states[slot]
  })
  return states
}

function keyFrom(value: unknown, kind: KeyKind): Scalar {
  if (value === null || value === undefined || kind === 'missing') return null
  if (kind === 'identity') return fromIdentity(value as string)
  if (kind === 'number') return Number(value)
  return kind === 'boolean' ? value === true || value === 1 : (value as string)
}

async function events(engine: Engine, query: Query, where: string, options: AskOptions): Promise<Partial> {
  const most = options.events ?? 100_000
  // A sort is the reference's business: it sees all that match.
  const sorted = query.sort.length > 0
  const limit = sorted ? most : Math.min(query.limit ?? most, most)
  const reading = engine.read(
    `SELECT concat(${LINE}) FROM ${TABLE} WHERE ${where} ORDER BY time DESC, seq DESC LIMIT ${limit}`,
    options,
  )
  const [{ bytes }, scanned] = await Promise.all([reading, rowsOf(engine, where)])
  const found = eventsOf(bytes)
  if (!sorted) return { kind: 'events', events: found, scanned }
  if (found.length === most) throw new Error(`more than ${most} events to sort: narrow the time range or the filter`)
  const partial = evaluate(query, found, EVERYTHING)
  return { ...partial, scanned }
}

/** How many rows a condition makes the engine look at, as its index tells; chDB does not count them. */
async function rowsOf(engine: Engine, where: string): Promise<number> {
  const { bytes } = await engine.read(
    `SELECT sum(rows) FROM (EXPLAIN ESTIMATE SELECT count() FROM ${TABLE} WHERE ${where})`,
  )
  return Number(bytes.toString())
}

const EVERYTHING: Scope = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }

/** Streams the rows through the reference, page by page. */
async function judged(
  engine: Engine,
  query: Query,
  scope: Scope,
  where: string,
  options: AskOptions,
): Promise<Partial> {
  const most = options.doubtful ?? 2_000_000
  let answer = evaluate(query, [], scope)
  let after = ''
  for (let seen = 0; ; ) {
    const { bytes } = await engine.read(
      `SELECT concat(${LINE}) FROM ${TABLE} WHERE ${where}${after} ORDER BY collector, seq LIMIT ${PAGE}`,
      options,
    )
    const page = eventsOf(bytes)
    answer = merge(query, answer, evaluate(query, page, EVERYTHING))
    seen += page.length
    if (page.length < PAGE) return answer
    if (seen >= most)
      throw new Error(
        `more than ${most} events hold arrays or texts that must be looked at one by one for this query: narrow its time range or its filter`,
      )
    const last = page.at(-1)!
    after = ` AND (collector, seq) > ('${last.collector}', ${last.seq})`
  }
}

function eventsOf(bytes: Buffer): Event[] {
  const events: Event[] = []
  for (const line of linesOf(bytes)) {
    const { seq, collector, ...event } = JSON.parse(line) as Required<Event>
    events.push({ ...event, seq, collector })
  }
  return events
}

function* linesOf(bytes: Buffer): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at)
    const end = newline < 0 ? bytes.length : newline
    if (end > at) yield bytes.toString('utf8', at, end)
    at = end + 1
  }
}
