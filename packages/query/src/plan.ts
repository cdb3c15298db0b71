import type { Aggregate } from './aggregate.ts'
import { AGGREGATES } from './aggregates.ts'
import type { Bucket } from './bucket.ts'
import { type Column, columnsOf } from './columns.ts'
import { inline, namesOf } from './inline.ts'
import { resolve } from './names.ts'
import type { AggregateCall, Expression, Field, Literal, Query, Window } from './tree.ts'
import { type Kind, typed } from './typed.ts'

/**
 * A query made ready for evaluators. Its expressions speak only of fields of the event: names of `set` are replaced by
 * what they stand for, and literals fit the fields they are compared with.
 */
export interface Plan {
  readonly query: Query
  /** Which events count; absent: all. For a query without aggregates its `where` is in it. */
  readonly condition?: Expression
  /** An expression per key of `by`. */
  readonly keys: readonly Expression[]
  /** The time bucket to group by after the keys: the tumbling bucket, or the pane of a sliding window. */
  readonly bucket?: Bucket
  /** `over 100 events`: how many. Groups then keep events instead of states, see latest.ts. */
  readonly latest?: number
  readonly calls: readonly Call[]
  readonly columns: readonly Column[]
  /** For a query without aggregates: what its events are sorted by, before newest first. */
  readonly order: readonly { readonly value: Expression; readonly descending: boolean }[]
  /** The values of `set` by name, the last of each. */
  readonly names: ReadonlyMap<string, Expression>
}

/** An aggregate of a query. */
export interface Call {
  readonly aggregate: Aggregate
  /** What is computed per event. Absent: nothing, every event counts. */
  readonly argument?: Expression
  /** The arguments written as constants, defaults filled in. */
  readonly constants: readonly number[]
  /** Which call keeps this one's state: calls of one family over the same argument share it. Its own index where it is its own. */
  readonly slot: number
}

const plans = new WeakMap<Query, Plan>()

/** The plan of a query that has passed `check`; made once per query. */
export function plan(query: Query): Plan {
  let made = plans.get(query)
  if (made === undefined) {
    made = make(query)
    plans.set(query, made)
  }
  return made
}

function make(query: Query): Plan {
  const names = new Map([...namesOf(query.set)].map(([name, value]) => [name, typed(value, kindOf)]))
  const ready = (node: Expression): Expression => typed(inline(node, names), kindOf)
  const events = query.aggregates.length === 0
  const { filter, where, window } = query
  const conditions = [
    filter === undefined ? [] : [typed(filter, kindOf)],
    events && where !== undefined ? [ready(where)] : [],
  ].flat()
  const bucket =
    window?.kind === 'tumbling'
      ? { ms: window.ms, zone: window.zone }
      : window?.kind === 'sliding'
        ? { ms: window.every, zone: 'UTC' }
        : undefined
  return {
    query,
    ...(conditions.length === 0
      ? {}
      : { condition: conditions.length === 1 ? conditions[0]! : { kind: 'and' as const, items: conditions } }),
    keys: query.by.map(ready),
    ...(bucket === undefined ? {} : { bucket }),
    ...(window?.kind === 'count' ? { latest: window.events } : {}),
    calls: callsOf(query.aggregates, ready, window),
    columns: columnsOf(query),
    order: events
      ? query.sort.map(({ column, descending }) => ({ value: ready({ kind: 'field', name: column }), descending }))
      : [],
    names,
  }
}

function callsOf(
  calls: readonly AggregateCall[],
  ready: (node: Expression) => Expression,
  window: Window | undefined,
): Call[] {
  const slots = new Map<string, number>()
  return calls.map(({ fn, args }, i) => {
    const found = AGGREGATES.get(fn)!
    const aggregate = window?.kind === 'sliding' ? (found.sliding ?? found) : found
    const constants: number[] = []
    let argument: Expression | undefined
    aggregate.params.forEach((param, at) => {
      const given = args[at]
      if (param.kind === 'constant' || param.kind === 'duration')
        constants.push(given === undefined ? param.byDefault! : ((given as Literal).value as number))
      else if (given !== undefined) argument = ready(given)
    })
    const state = JSON.stringify([aggregate.family, argument ?? null, aggregate.free ? [] : constants])
    if (!slots.has(state)) slots.set(state, i)
    return { aggregate, ...(argument === undefined ? {} : { argument }), constants, slot: slots.get(state)! }
  })
}

/** What a field of the event certainly holds. */
function kindOf(field: Field): Kind {
  const place = resolve(field.name)
  return place.kind === 'top' ? place.type : undefined
}
