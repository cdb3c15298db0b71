import { type Expression, parse, print, type Query, TOP_FIELDS } from '@telltale/query'

/** Changing a query by pointing at things: its text is read, its tree changed and written again. */

const EVERYTHING: Query = { kind: 'query', set: [], aggregates: [], by: [], sort: [] }

/** The filter alone, '' where every event counts or the text is no query. */
export function filterOf(text: string): string {
  const filter = parse(text).query?.filter
  return filter === undefined ? '' : print({ ...EVERYTHING, filter })
}

/** Whether the answer is a table of numbers and not events. */
export function hasAggregates(text: string): boolean {
  return (parse(text).query?.aggregates.length ?? 0) > 0
}

/** How many of each of `keys` the filter lets through, by time: the query a graph of events is. */
export function counted(text: string, keys: readonly string[], step: number): string {
  const { filter, range } = parse(text).query ?? EVERYTHING
  return print({
    ...EVERYTHING,
    ...(filter && { filter }),
    ...(range && { range }),
    aggregates: [{ kind: 'aggregate', fn: 'count', args: [], name: 'count()' }],
    by: keys.map(name => ({ kind: 'field', name })),
    window: { kind: 'tumbling', ms: step, zone: 'UTC' },
  })
}

/** Adds `clause` to the filter; takes it out again where it already is one of its `and`s. A text that is no query is replaced. */
export function toggleClause(text: string, clause: string): string {
  const query = parse(text).query ?? EVERYTHING
  const added = parse(clause).query?.filter
  if (added === undefined) return text
  const items = conjuncts(query.filter)
  const written = writtenOf(added)
  const without = items.filter(item => writtenOf(item) !== written)
  const next = without.length < items.length ? without : [...items, added]
  const { filter: _, ...rest } = query
  if (next.length > 0) return print({ ...rest, filter: next.length === 1 ? next[0]! : { kind: 'and', items: next } })
  const everything = print(rest)
  return everything === '*' ? '' : everything
}

/** Whether the filter asks for exactly this clause, as one of its `and`s. */
export function hasClause(text: string, clause: string): boolean {
  const wanted = parse(clause).query?.filter
  return (
    wanted !== undefined && conjuncts(parse(text).query?.filter).some(item => writtenOf(item) === writtenOf(wanted))
  )
}

/** `field = value` as the language writes it, `not has field` for null; undefined where the language can't ask for that value. */
export function equals(name: string, value: unknown): string | undefined {
  const field = { kind: 'field', name } as const
  if (value === null) return writtenOf({ kind: 'not', item: { kind: 'has', field } })
  if (typeof value === 'string' && Object.hasOwn(TOP_FIELDS, name)) {
    // Fields of Telltale's own compare by their text, so that `type = 404` is what people write and see.
    const bare = parse(`${name} = ${value}`).query?.filter
    if (bare?.kind === 'compare' && bare.right.kind === 'literal' && bare.right.text === value) return writtenOf(bare)
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  const right = { kind: 'literal', value, text: String(value) } as const
  return writtenOf({ kind: 'compare', op: '=', left: field, right })
}

/** A string the way the language writes it: bare where it can be, else quoted. */
export function literalOf(text: string): string {
  return equals('x', text)!.slice('x = '.length)
}

export function tagged(tag: string): string {
  return writtenOf({ kind: 'tag', tag })
}

function conjuncts(filter: Expression | undefined): readonly Expression[] {
  if (filter === undefined) return []
  return filter.kind === 'and' ? filter.items : [filter]
}

function writtenOf(filter: Expression): string {
  return print({ ...EVERYTHING, filter })
}
