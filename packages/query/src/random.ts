import type { Event, Json, JsonObject } from '@telltale/event'
import { check } from './check.ts'
import type { Scope } from './partial.ts'
import { printCall } from './print-expression.ts'
import { rangeOf } from './range.ts'
import { Random } from './seeded.ts'
import type { AggregateCall, Assignment, Expression, Field, Literal, Query, SortKey, Window } from './tree.ts'

/** A query and events made up from a seed: for comparing an evaluator with the reference. The same seed gives the same. */
export interface RandomCase {
  readonly seed: number
  /** In order of seq, which rises by one from 1; all of collector `c1`. Times are not in order. */
  readonly events: readonly Event[]
  /** Passes `check`. Sums of its numbers are exact in doubles, so rows do not swap places for a last bit. */
  readonly query: Query
  readonly scope: Scope
}

/** Makes up a case. @param size at most how many events */
export function randomCase(seed: number, size = 60): RandomCase {
  const random = new Random(seed)
  const events = Array.from({ length: random.below(size + 1) }, (_, i) => randomEvent(random, i + 1))
  const scope = random.chance(0.3)
    ? { from: random.below(60) * 1000, to: 60_000 + random.below(200) * 1000 }
    : { from: 0, to: 9e12 }
  for (;;) {
    const query = randomQuery(random)
    if (check(query) === undefined) return { seed, events, query, scope: ofPanes(query, scope) }
  }
}

/** Where a window slides, a scope as `rangeOf` makes it, that ends with a pane. */
function ofPanes(query: Query, { from, to }: Scope): Scope {
  if (query.window?.kind !== 'sliding') return { from, to }
  const { every } = query.window
  return rangeOf(query, { from, to: Math.ceil(to / every) * every }, 0)
}

const STRINGS = [
  '',
  'a',
  'A',
  'b',
  '404',
  'true',
  'dc0-web01',
  'Dc0-Web02',
  'é',
  'É',
  '～',
  '😀',
  'a b',
  '1',
  '*',
  'ΑΣ',
  'x"y\\z\n',
  '__proto__',
]
const NUMBERS = [0, -0, 1, 2, 2.5, 3, -1, -4.25, 10, 404, 1000, 0.25]
const TYPES = ['404', 'exception', 'page_load', 'gc', 'unknown']
const KEYS = ['x', 'y', 's', 'a', 'b', 'weird key', 'constructor']
const FIELDS = [
  'x',
  'y',
  's',
  'a',
  'a.b',
  'a.a',
  'b',
  'nope',
  'weird key',
  'constructor',
  'additional_info.x',
  'additional_info.type',
]
const TOP = ['type', 'hostname', 'time', 'received_at', 'tags', 'md5', 'seq', 'collector']

function scalar(random: Random): string | number | boolean | null {
  const kind = random.next()
  if (kind < 0.45) return random.of(NUMBERS)
  if (kind < 0.85) return random.of(STRINGS)
  return kind < 0.95 ? random.chance(0.5) : null
}

function json(random: Random, depth: number): Json {
  const kind = random.next()
  if (kind < 0.75 || depth > 2) return scalar(random)
  if (kind < 0.87) return random.some(3, () => json(random, depth + 1))
  return object(random, depth + 1, 2)
}

function object(random: Random, depth: number, most: number): JsonObject {
  const entries = random.some(most, () => [random.chance(0.06) ? 'a.b' : random.of(KEYS), json(random, depth)] as const)
  return Object.fromEntries(entries)
}

function randomEvent(random: Random, seq: number): Event {
  const time = random.below(120_000) + (random.chance(0.2) ? 0.25 : 0)
  return {
    type: random.of(TYPES),
    hostname: random.of(['dc0-web01', 'dc0-web02', 'Dc1-db']),
    time: random.chance(0.2) ? Math.floor(time / 1000) * 1000 : time,
    received_at: time + random.below(500),
    tags: [...new Set(random.some(2, () => random.of(['slow', 'a', 'Metrics'])))],
    md5: random.chance(0.5) ? '' : random.of(['cd0e351d', 'ffff0000']),
    additional_info: object(random, 0, 6),
    seq,
    collector: 'c1',
  }
}

function field(random: Random): Field {
  return { kind: 'field', name: random.of(random.chance(0.2) ? TOP : FIELDS) }
}

function literal(random: Random): Literal {
  const value = scalar(random) ?? random.of(TYPES)
  return { kind: 'literal', value: value === 0 ? 0 : value, text: String(value === 0 ? 0 : value) }
}

function value(random: Random, depth: number): Expression {
  if (random.chance(0.75) || depth > 2) return field(random)
  const right = random.chance(0.5) ? value(random, depth + 1) : ({ kind: 'literal', value: 2, text: '2' } as const)
  return {
    kind: 'arithmetic',
    op: random.of(['+', '-', '*', '/', '%'] as const),
    left: value(random, depth + 1),
    right,
  }
}

function condition(random: Random, depth = 0): Expression {
  const kind = random.next()
  if (depth < 3 && kind < 0.15) return { kind: 'not', item: condition(random, depth + 1) }
  if (depth < 3 && kind < 0.35) {
    const own = random.chance(0.5) ? 'and' : 'or'
    const items = Array.from({ length: 2 + random.below(2) }, () => condition(random, depth + 1))
    return { kind: own, items: items.flatMap(item => (item.kind === own ? item.items : [item])) }
  }
  const left = value(random, 1)
  if (kind < 0.65) {
    const right = random.chance(0.85) ? literal(random) : value(random, 1)
    return { kind: 'compare', op: random.of(['=', '!=', '<', '<=', '>', '>='] as const), left, right }
  }
  if (kind < 0.72) return { kind: 'in', left, values: [literal(random), ...random.some(3, () => literal(random))] }
  if (kind < 0.79)
    return { kind: 'glob', left, pattern: random.of(['*', 'dc0-*', '?', '*a*', 'a', '*😀*', '*w?b*', '']) }
  if (kind < 0.86)
    return { kind: 'regex', left, pattern: random.of(['^d', '(?i)dc', '[ab]', '^.$', '0+1', 'x|é', '/?$', '\\d{3}']) }
  if (kind < 0.92)
    return { kind: 'text', text: random.of(['404', 'A', 'web', 'é', 'Σ', 'x', 'true', '2.5', 'a b', '']) }
  return kind < 0.97 ? { kind: 'has', field: field(random) } : { kind: 'tag', tag: random.of(['slow', 'a', 'b']) }
}

const NUMERIC = ['sum', 'avg', 'min', 'max', 'stddev', 'p50', 'p90', 'p99', 'p999', 'histogram']
const ANY = ['count', 'uniq', 'first', 'last', 'top']

function call(random: Random): AggregateCall {
  const kind = random.next()
  const number = (value: number, text = String(value)): Literal => ({ kind: 'literal', value, text })
  const of = (fn: string, args: Expression[]): AggregateCall => ({
    kind: 'aggregate',
    fn,
    args,
    name: printCall({ fn, args }),
  })
  if (kind < 0.2) return of('count', [])
  if (kind < 0.6) return of(random.of(NUMERIC), [value(random, 0)])
  if (kind < 0.85) return of(random.of(ANY), [value(random, 1)])
  if (kind < 0.9) return of('countif', [condition(random, 2)])
  if (kind < 0.95) return of('quantile', [value(random, 1), number(random.of([0, 0.1, 0.5, 0.77, 1]))])
  return random.chance(0.5) ? of('rate', [number(60_000, '1m')]) : of('top', [value(random, 1), number(2)])
}

function randomWindow(random: Random): Window | undefined {
  if (random.chance(0.55)) return undefined
  if (random.chance(0.15)) return { kind: 'count', events: 1 + random.below(8) }
  if (random.chance(0.2)) {
    const every = random.of([1000, 1500, 10_000, 60_000])
    return { kind: 'sliding', ms: every * (1 + random.below(4)), every }
  }
  const ms = random.of([500, 1000, 7000, 10_000, 60_000, 86_400_000, 604_800_000])
  const zone = ms >= 86_400_000 && random.chance(0.5) ? 'Europe/Berlin' : 'UTC'
  return { kind: 'tumbling', ms, zone, ...(random.chance(0.3) ? { at: 0 } : {}) }
}

function randomQuery(random: Random): Query {
  const set: Assignment[] = random.chance(0.25)
    ? [{ name: 'v', value: random.chance(0.5) ? value(random, 0) : condition(random, 2) }]
    : []
  const filter = random.chance(0.7) ? { filter: condition(random) } : {}
  const limit = random.chance(0.3) ? { limit: random.below(6) } : {}
  const base = { kind: 'query' as const, ...filter, set, ...limit }
  if (random.chance(0.25)) {
    const sort = random.chance(0.3) ? [{ column: field(random).name, descending: random.chance(0.5) }] : []
    return { ...base, aggregates: [], by: [], sort }
  }
  const key = (): Field => (set.length > 0 && random.chance(0.3) ? { kind: 'field', name: 'v' } : field(random))
  const aggregates = [call(random), ...random.some(3, () => call(random))]
  const by = random.some(2, key)
  const window = randomWindow(random)
  const placed =
    window?.kind === 'tumbling' && window.at === 0 && by.length === 0 ? { ...window, at: undefined } : window
  return {
    ...base,
    aggregates,
    by,
    ...(placed === undefined ? {} : { window: JSON.parse(JSON.stringify(placed)) as Window }),
    ...(random.chance(0.2) ? { where: whereOf(random, aggregates) } : {}),
    sort: random.chance(0.3) ? sortOf(random, aggregates) : [],
  }
}

/** Of what is exact in doubles, so that evaluators that add in another order agree. */
function exact(random: Random, calls: readonly AggregateCall[]): string | undefined {
  const names = calls
    .filter(({ fn, args }) => fn !== 'stddev' && args.every(arg => arg.kind !== 'arithmetic'))
    .map(({ name }) => name)
  return names.length === 0 ? undefined : random.of(names)
}

function whereOf(random: Random, calls: readonly AggregateCall[]): Expression {
  const name = exact(random, calls)
  const left: Expression = { kind: 'field', name: name ?? calls[0]!.name }
  if (name === undefined) return { kind: 'has', field: left as Field }
  return {
    kind: 'compare',
    op: random.of(['=', '!=', '<', '>='] as const),
    left,
    right: { kind: 'literal', value: 1, text: '1' },
  }
}

function sortOf(random: Random, calls: readonly AggregateCall[]): SortKey[] {
  const column = exact(random, calls)
  return column === undefined ? [] : [{ column, descending: random.chance(0.5) }]
}
