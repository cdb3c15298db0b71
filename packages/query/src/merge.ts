import type { Event } from '@telltale/event'
import { GroupList } from './group-list.ts'
import { mergeKept } from './latest.ts'
import { fits, worked } from './limits.ts'
import { newestFirst } from './newest.ts'
import { groupKey } from './order.ts'
import type { Group, Partial } from './partial.ts'
import { type Plan, plan } from './plan.ts'
import type { Query } from './tree.ts'

/**
 * Both partial results together, as if one evaluator had seen the events of both. The events must not overlap. Neither
 * is changed; groups that only one has are taken over as they are.
 */
export function merge(query: Query, a: Partial, b: Partial): Partial {
  const scanned = a.scanned + b.scanned
  if (a.kind === 'events' && b.kind === 'events')
    return { kind: 'events', events: mergeEvents(query, a.events, b.events), scanned }
  if (a.kind !== 'groups' || b.kind !== 'groups')
    throw new Error(`BUG: a partial of ${a.kind} and one of ${b.kind} merged`)
  return { kind: 'groups', groups: together(plan(query), a.groups, b.groups), scanned }
}

function together(ready: Plan, a: ReadonlyMap<string, Group>, b: ReadonlyMap<string, Group>): GroupList {
  if (a.size < b.size) return together(ready, b, a)
  const merged = new Map<Group, Group>()
  const more: Group[] = []
  for (const group of b.values()) {
    const other = a.get(groupKey(group.key))
    if (other === undefined) more.push(group)
    else merged.set(other, mergeGroups(ready, other, group))
  }
  const groups = [...a.values()]
  if (merged.size > 0) for (const [i, group] of groups.entries()) groups[i] = merged.get(group) ?? group
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

function mergeEvents(query: Query, a: readonly Event[], b: readonly Event[]): Event[] {
  const compare = newestFirst(query)
  const merged: Event[] = []
  const limit = query.limit ?? Number.POSITIVE_INFINITY
  for (let i = 0, j = 0; merged.length < limit && (i < a.length || j < b.length); ) {
    const fromA = j >= b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0)
    merged.push(fromA ? a[i++]! : b[j++]!)
  }
  return merged
}
