import type { Moment, ParamKind } from './aggregate.ts'
import { bucketStart } from './bucket.ts'
import { keep } from './latest.ts'
import { fits, worked } from './limits.ts'
import { groupKey } from './order.ts'
import type { Group, Partial, State } from './partial.ts'
import { type Plan, plan } from './plan.ts'
import type { Query, Scalar } from './tree.ts'

/** Whether a value counts for a parameter. */
export function admits(kind: ParamKind | undefined, value: Scalar): boolean {
  if (kind === 'number') return typeof value === 'number'
  return kind === 'condition' ? value === true : value !== null
}

/**
 * The states a new group begins with, one per aggregate. Calls that share a state hold the same object. For a query
 * `over 100 events` there is one state only, the events kept.
 */
export function newStates({ calls, latest }: Plan): State[] {
  if (latest !== undefined) return [[]]
  // Made to measure: there is one of these for each key and pane.
  const states = new Array<State>(calls.length)
  for (let i = 0; i < states.length; i++) {
    const { slot, aggregate } = calls[i]!
    states[i] = slot === i ? aggregate.init() : states[slot]
  }
  return states
}

/**
 * Gathers an aggregate query's groups event by event, from keys and arguments computed elsewhere. For who holds a
 * standing query, and for the reference.
 */
export class Accumulator {
  readonly groups: Map<string, Group> = new Map()
  scanned = 0
  readonly #plan: Plan

  /** @param query one with aggregates */
  constructor(query: Query) {
    this.#plan = plan(query)
  }

  /**
   * Adds one event that matched.
   * @param keys a scalar per key of `by` (arrays as their JSON text, −0 as 0); the bucket is added here
   * @param values the argument of each aggregate for this event, null where missing; not read where it has none
   */
  add(keys: readonly Scalar[], values: readonly Scalar[], at: Moment): void {
    const { bucket } = this.#plan
    this.#addTo(bucket === undefined ? keys : [...keys, bucketStart(at.time, bucket)], values, at)
  }

  /** The groups so far. A view: they change as more is added. */
  toPartial(): Partial {
    return { kind: 'groups', groups: this.groups, scanned: this.scanned }
  }

  #addTo(key: readonly Scalar[], values: readonly Scalar[], at: Moment): void {
    worked(1)
    const text = groupKey(key)
    let group = this.groups.get(text)
    if (group === undefined) {
      group = { key, states: newStates(this.#plan) }
      this.groups.set(text, group)
      fits(this.#plan, this.groups.size)
    }
    if (this.#plan.latest === undefined) addValues(this.#plan, group.states, values, at)
    else keep(group, { ...at, values }, this.#plan.latest)
  }
}

/** Adds one event's arguments to the states of its group. */
export function addValues({ calls }: Plan, states: State[], values: readonly Scalar[], at: Moment): void {
  for (const [i, { aggregate, argument, slot }] of calls.entries()) {
    if (slot !== i) states[i] = states[slot]
    else if (argument === undefined) states[i] = aggregate.add(states[i], true, at)
    else if (admits(aggregate.params[0]?.kind, values[i]!)) states[i] = aggregate.add(states[i], values[i]!, at)
  }
}
