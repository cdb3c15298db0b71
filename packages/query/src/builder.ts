import { AGGREGATES, type AggregateName } from './aggregates.ts'
import { check } from './check.ts'
import { printDuration, readDuration } from './duration.ts'
import { freeze } from './freeze.ts'
import { paneOf } from './pane.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'
import { printCall, printExpression } from './print-expression.ts'
import type { QueryError } from './query-error.ts'
import type { Comparison, Expression, Field, Literal, Query } from './tree.ts'

/** A value, a field or a calculation, to compare and calculate with. */
export class Term {
  readonly node: Expression

  constructor(node: Expression) {
    this.node = node
  }

  is(other: Operand): Condition {
    return this.#compare('=', other)
  }

  isNot(other: Operand): Condition {
    return this.#compare('!=', other)
  }

  below(other: Operand): Condition {
    return this.#compare('<', other)
  }

  atMost(other: Operand): Condition {
    return this.#compare('<=', other)
  }

  above(other: Operand): Condition {
    return this.#compare('>', other)
  }

  atLeast(other: Operand): Condition {
    return this.#compare('>=', other)
  }

  in(...values: (string | number | boolean)[]): Condition {
    return new Condition({ kind: 'in', left: this.node, values: values.map(literal) })
  }

  /** The whole value; `*` any characters, `?` any one. */
  like(glob: string): Condition {
    return new Condition({ kind: 'glob', left: this.node, pattern: glob })
  }

  /** RE2, found anywhere. */
  matches(pattern: string): Condition {
    return new Condition({ kind: 'regex', left: this.node, pattern })
  }

  plus(other: Operand): Term {
    return new Term({ kind: 'arithmetic', op: '+', left: this.node, right: nodeOf(other) })
  }

  minus(other: Operand): Term {
    return new Term({ kind: 'arithmetic', op: '-', left: this.node, right: nodeOf(other) })
  }

  times(other: Operand): Term {
    return new Term({ kind: 'arithmetic', op: '*', left: this.node, right: nodeOf(other) })
  }

  dividedBy(other: Operand): Term {
    return new Term({ kind: 'arithmetic', op: '/', left: this.node, right: nodeOf(other) })
  }

  modulo(other: Operand): Term {
    return new Term({ kind: 'arithmetic', op: '%', left: this.node, right: nodeOf(other) })
  }

  #compare(op: Comparison, other: Operand): Condition {
    return new Condition({ kind: 'compare', op, left: this.node, right: nodeOf(other) })
  }
}

/** What holds or not. */
export class Condition {
  readonly node: Expression

  constructor(node: Expression) {
    this.node = node
  }

  and(other: Condition): Condition {
    return new Condition(joined('and', this.node, other.node))
  }

  or(other: Condition): Condition {
    return new Condition(joined('or', this.node, other.node))
  }
}

type Operand = Term | string | number | boolean

/** A field by name: a top-level key, or a path in additional_info. */
export function field(name: string): Term {
  return new Term({ kind: 'field', name })
}

/** The field is there. */
export function has(name: string): Condition {
  return new Condition({ kind: 'has', field: { kind: 'field', name } })
}

export function tag(tag: string): Condition {
  return new Condition({ kind: 'tag', tag })
}

/** Found anywhere in the event, whatever the case. */
export function text(text: string): Condition {
  return new Condition({ kind: 'text', text })
}

export function not(condition: Condition): Condition {
  return new Condition({ kind: 'not', item: condition.node })
}

/** An argument of an aggregate: a string names a field, or is a duration where one is asked for. */
type Argument = Term | Condition | string | number

type Calls = { readonly [name in AggregateName]: (...args: Argument[]) => Build }

/** Builds a query step by step; every step gives a new builder. `where` before the first aggregate filters events, after it rows. */
export interface Build extends Calls {
  /** The query, checked and frozen; throws with the reason where it is none. */
  readonly query: Query
  where(condition: Condition | string): Build
  set(name: string, value: Term | Condition): Build
  /** Names the column of the latest aggregate. */
  as(name: string): Build
  by(...fields: string[]): Build
  /** One row per time bucket, `1m`; of whole days in a zone. */
  every(duration: string, zone?: string): Build
  /** A sliding window. */
  over(duration: string, every?: string): Build
  latest(duration: string): Build
  sort(column: string, direction?: 'asc' | 'desc'): Build
  limit(n: number): Build
}

/** Every event: where all queries begin. `events.where(field('type').is('gc')).count().by('hostname').every('1m').query` */
export const events: Build = build({ kind: 'query', set: [], aggregates: [], by: [], sort: [] })

function build(draft: Query): Build {
  const next = (change: globalThis.Partial<Query>): Build => build({ ...draft, ...change })
  const calls = [...AGGREGATES.keys()].map(fn => [
    fn,
    (...args: Argument[]) => next({ aggregates: [...draft.aggregates, call(fn, args)] }),
  ])
  return {
    ...(Object.fromEntries(calls) as Calls),
    get query() {
      const error = check(draft)
      if (error !== undefined) throw new TypeError(sentence(error))
      return freeze(structuredClone(draft))
    },
    where(condition) {
      const node = typeof condition === 'string' ? conditionOf(condition) : condition.node
      const place = draft.aggregates.length > 0 || draft.set.length > 0 ? 'where' : 'filter'
      const before = draft[place]
      return next({ [place]: before === undefined ? node : joined('and', before, node) })
    },
    set: (name, value) => next({ set: [...draft.set, { name, value: value.node }] }),
    as: name =>
      next({ aggregates: draft.aggregates.map((one, i, all) => (i === all.length - 1 ? { ...one, name } : one)) }),
    by: (...names) => next({ by: [...draft.by, ...names.map((name): Field => ({ kind: 'field', name }))] }),
    every: (duration, zone = 'UTC') => next({ window: { kind: 'tumbling', ms: ms(duration), zone } }),
    over: (duration, every) =>
      next({
        window: { kind: 'sliding', ms: ms(duration), every: every === undefined ? paneOf(ms(duration)) : ms(every) },
      }),
    latest: duration => next({ range: { kind: 'last', ms: ms(duration) } }),
    sort: (column, direction = 'asc') => next({ sort: [...draft.sort, { column, descending: direction === 'desc' }] }),
    limit: n => next({ limit: n }),
  }
}

function call(fn: string, given: readonly Argument[]): Query['aggregates'][number] {
  const params = AGGREGATES.get(fn)!.params
  const args = given.map((arg, i): Expression => {
    if (typeof arg === 'number') return literal(arg)
    if (typeof arg !== 'string') return arg.node
    if (params[i]?.kind !== 'duration') return { kind: 'field', name: arg }
    return { kind: 'literal', value: ms(arg), text: printDuration(ms(arg)) }
  })
  return { kind: 'aggregate', fn, args, name: printCall({ fn, args }) }
}

function conditionOf(text: string): Expression {
  const { query, error } = parse(text)
  if (error !== undefined) throw new TypeError(sentence(error))
  if (query.filter === undefined || print(query) !== printExpression(query.filter, 'filter')) {
    throw new TypeError(`found ${JSON.stringify(text)}, expected a condition`)
  }
  return query.filter
}

function joined(kind: 'and' | 'or', a: Expression, b: Expression): Expression {
  const items = (node: Expression): readonly Expression[] => (node.kind === kind ? node.items : [node])
  return { kind, items: [...items(a), ...items(b)] }
}

function nodeOf(operand: Operand): Expression {
  return operand instanceof Term ? operand.node : literal(operand)
}

function literal(value: string | number | boolean): Literal {
  return { kind: 'literal', value, text: String(value) }
}

function ms(duration: string): number {
  const found = readDuration(duration)
  if (found === undefined)
    throw new TypeError(`found ${JSON.stringify(duration)}, expected a duration such as 500ms, 1m or 1d`)
  return found
}

function sentence({ message, hint }: QueryError): string {
  return hint === undefined ? message : `${message}; ${hint}`
}
