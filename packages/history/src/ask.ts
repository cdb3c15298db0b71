import type { Event } from '@telltale/event'
import { evaluate, merge, type Partial, type Query, type Scope } from '@telltale/query'
import { type Compiled, compile, type States } from './compile/compile.ts'
import { type Asked, type Seam, whereOf } from './compile/select.ts'
import { distinctly } from './distinct.ts'
import type { Engine, ReadOptions } from './engine/engine.ts'
import type { Fields } from './fields.ts'
import { type Grouped, grouped } from './groups.ts'
import { LINE } from './latest.ts'
import { TABLE } from './schema.ts'

export interface AskOptions extends ReadOptions {
  /** Groups beyond which a query is refused. Default 1,000,000. */
  groups?: number
  /** Events looked at one by one, where SQL can't tell, beyond which a query is refused. Default 2,000,000. */
  doubtful?: number
  /** Events returned by a query without a limit. Default 100,000. */
  events?: number
  /** Nothing will be merged with what is found: groups that can't be in the answer may be left out. Default false. */
  alone?: boolean
  /** Names of the table's parts that hold nothing above the scope's `uptoSeq`. Default: it is not known of any. */
  parts?: readonly string[]
  /**
   * Events of which states may list one number each (2 bytes, up to four times that while a list grows), which is faster
   * than counting in place. Default 50,000,000.
   */
  listed?: number
  /** Distinct values that an answer holds, see query.md. Default 1,048,576. */
  values?: number
}

const PAGE = 10_000
/** Characters of SQL that may be written twice, see the engine's bound on a query. */
const HALF = 100_000

/** What an engine's events make of a query. */
export async function ask(
  engine: Engine,
  fields: Fields,
  collector: string,
  query: Query,
  scope: Scope,
  options: AskOptions = {},
): Promise<Partial> {
  const { parts = [] } = options
  const made = (states: States, within = scope): Compiled => compile(query, within, collector, fields, states)
  const plain = made({ many: false, alone: false, estimated: false })
  const halves = parts.length > 0 && scope.uptoSeq !== undefined && whereOf(plain).length < HALF
  // What is in doubt is merged with the rest, and halves with each other.
  const alone = options.alone === true && plain.doubtful === undefined && !halves
  const { sure, doubtful } = plain
  const groupsOf = (states: States): Promise<Grouped | undefined> => {
    const { uptoSeq: _, ...open } = scope
    const seam: Seam | undefined = halves ? { parts, open: made(states, open) as Asked } : undefined
    return grouped(engine, query, made(states) as Asked, { ...options, alone: states.alone }, seam)
  }
  const rest = (): Promise<Partial> => judged(engine, query, scope, doubtful!, options)
  if (sure === '0') return doubtful === undefined ? evaluate(query, [], scope) : rest()
  if (plain.groups !== undefined) {
    const scanned = await rowsOf(engine, plain.indexed)
    const few = scanned <= (options.listed ?? 50_000_000)
    const found = await distinctly(
      query,
      async estimated =>
        ((few ? await groupsOf({ many: false, alone, estimated }) : undefined) ??
          (await groupsOf({ many: true, alone: false, estimated })))!,
      options.values,
    )
    const partial: Partial = { kind: 'groups', groups: found.groups, scanned }
    return found.doubts ? merge(query, partial, await rest()) : partial
  }
  const found = events(engine, query, plain, options)
  if (doubtful === undefined) return found
  const both = await Promise.all([found, rest()])
  return merge(query, ...both)
}

async function events(
  engine: Engine,
  query: Query,
  { sure, indexed }: Compiled,
  options: AskOptions,
): Promise<Partial> {
  const most = options.events ?? 100_000
  // A sort is the reference's business: it sees all that match.
  const sorted = query.sort.length > 0
  const limit = sorted ? most : Math.min(query.limit ?? most, most)
  const reading = engine.read(
    `SELECT concat(${LINE}) FROM ${TABLE} WHERE ${sure} ORDER BY time DESC, seq DESC LIMIT ${limit}`,
    options,
  )
  const [{ bytes }, scanned] = await Promise.all([reading, rowsOf(engine, indexed)])
  const found = eventsOf(bytes)
  if (!sorted) return { kind: 'events', events: found, scanned }
  if (found.length === most) throw new Error(`more than ${most} events to sort: narrow the time range or the filter`)
  const partial = evaluate(query, found, EVERYTHING)
  return { ...partial, scanned }
}

/** How many rows there are, as it was told last. */
const totals = new WeakMap<Engine, { readonly until: number; readonly rows: Promise<number> }>()
/** ms for which that is good enough. */
const FRESH = 1000

/** How many rows a condition makes the engine look at; chDB does not count them. */
async function rowsOf(engine: Engine, indexed: string): Promise<number> {
  if (indexed !== '1') return estimated(engine, indexed)
  const known = totals.get(engine)
  if (known !== undefined && performance.now() < known.until) return known.rows
  const rows = estimated(engine, '1')
  totals.set(engine, { until: performance.now() + FRESH, rows })
  rows.catch(() => totals.delete(engine))
  return rows
}

/** As the index tells. */
async function estimated(engine: Engine, where: string): Promise<number> {
  const { bytes } = await engine.read(
    `SELECT sum(rows) FROM (EXPLAIN ESTIMATE SELECT count() FROM ${TABLE} WHERE ${where})`,
    // Else a count of all is no reading at all.
    { settings: { optimize_trivial_count_query: 0 } },
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
