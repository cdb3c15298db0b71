import type { Event } from '@telltale/event'
import { GroupList } from './group-list.ts'
import { mergeKept } from './latest.ts'
import { fits, worked } from './limits.ts'
import { newestFirst } from './newest.ts'
import { groupKey } from './order.ts'
import type { Group, Partial } from './partial.ts'
import { type Plan, plan } from './plan.ts'
import { run, type Steps } from './steps.ts'
import type { Query } from './tree.ts'

/**
 * Both partial results together, as if one evaluator had seen the events of both. The events must not overlap. Neither
 * is changed; groups that only one has are taken over as they are.
 */
export function merge(query: Query, a: Partial, b: Partial): Partial {
  return run(merging(query, a, b))
}

/** As {@link merge}, in steps. */
export function* merging(query: Query, a: Partial, b: Partial): Steps<Partial> {
  const scanned = a.scanned + b.scanned
  if (a.kind === 'events' && b.kind === 'events')
    return { kind: 'events', events: yield* mergeEvents(query, a.events, b.events), scanned }
  if (a.kind !== 'groups' || b.kind !== 'groups')
    throw new Error(`BUG: a partial of ${a.kind} and one of ${b.kind} merged`)
  return { kind: 'groups', groups: yield* together(plan(query), a.groups, b.groups), scanned }
}

/** Groups, or events, to a step. */
const SOME = 128
/** Aggregates whose states take long to merge. */
const DEAR = new Set(['top', 'uniq'])

function* together(
  ready: Plan,
  a: ReadonlyMap<string, Group>,
  b: ReadonlyMap<string, Group>,
): Steps<ReadonlyMap<string, Group>> {
  if (a.size < b.size) return yield* together(ready, b, a)
  if (b.size === 0) return a
  if (a instanceof GroupList) yield* a.indexing()
  const few = ready.latest !== undefined || ready.calls.some(({ aggregate }) => DEAR.has(aggregate.family)) ? 1 : SOME
  const merged = new Map<Group, Group>()
  const more: Group[] = []
  let i = 0
  for (const group of b.values()) {
    const other = a.get(groupKey(group.key))
    if (other === undefined) more.push(group)
    else merged.set(other, yield* mergingGroups(ready, other, group))
    if (++i % few === 0) yield
  }
  const groups: Group[] = []
  for (const group of a.values()) {
    groups.push(merged.get(group) ?? group)
    if (groups.length % (SOME * 8) === 0) yield
  }
  for (const group of more) groups.push(group)
  fits(ready, groups.length)
  return new GroupList(groups)
}

/** Two groups of one key together; neither is changed. */
export function mergeGroups({ calls, latest }: Plan, a: Group, b: Group): Group {
  worked(calls.length)
  if (latest !== undefined) return mergeKept(a, b, latest)
  const states: unknown[] = []
  for (const [i, { aggregate, slot }] of calls.entries()) {
    states.push(slot === i ? aggregate.merge(a.states[i], b.states[i]) : states[slot])
  }
  return { key: a.key, states }
}

/** As {@link mergeGroups}, in steps. */
function* mergingGroups(ready: Plan, a: Group, b: Group): Steps<Group> {
  const { calls, latest } = ready
  if (latest !== undefined || calls.every(({ aggregate }) => aggregate.merging === undefined))
    return mergeGroups(ready, a, b)
  worked(calls.length)
  const states: unknown[] = []
  for (const [i, { aggregate, slot }] of calls.entries()) {
    if (slot !== i) states.push(states[slot])
    else if (aggregate.merging === undefined) states.push(aggregate.merge(a.states[i], b.states[i]))
    else states.push(yield* aggregate.merging(a.states[i], b.states[i]))
  }
  return { key: a.key, states }
}

function* mergeEvents(query: Query, a: readonly Event[], b: readonly Event[]): Steps<Event[]> {
  const compare = newestFirst(query)
  const merged: Event[] = []
  const limit = query.limit ?? Number.POSITIVE_INFINITY
  for (let i = 0, j = 0; merged.length < limit && (i < a.length || j < b.length); ) {
    const fromA = j >= b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0)
    merged.push(fromA ? a[i++]! : b[j++]!)
    if (merged.length % SOME === 0) yield
  }
  return merged
}
