import type { Event } from '@telltale/event'
import { mergeKept } from './latest.ts'
import { newestFirst } from './newest.ts'
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
  const groups = new Map(a.groups)
  for (const [key, group] of b.groups) {
    const other = groups.get(key)
    groups.set(key, other === undefined ? group : mergeGroups(plan(query), other, group))
  }
  return { kind: 'groups', groups, scanned }
}

/** Two groups of one key together; neither is changed. */
export function mergeGroups({ calls, latest }: Plan, a: Group, b: Group): Group {
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
