import {
  finish,
  finishingGroups,
  type Group,
  groupKey,
  newStates,
  plan,
  type Query,
  type Result,
  run,
  type State,
  type Steps,
} from '@telltale/query'
import type { Entry } from './entry.ts'
import type { Horizon } from './horizon.ts'

/** What a standing query says at a time, from some of its entries or all. */
export function answer(query: Query, horizon: Horizon, entries: Iterable<Entry>, now: number): Result {
  return run(answering(query, horizon, entries, now))
}

/** As {@link answer}, in steps: of what the entries hold at the first. */
export function* answering(query: Query, horizon: Horizon, entries: Iterable<Entry>, now: number): Steps<Result> {
  const scope = { ...horizon.scope(now), now }
  if (horizon.window !== undefined)
    return yield* finishingGroups(query, windows(query, entries, scope.from, scope.to), scope)
  if (horizon.bucket === undefined || query.window === undefined)
    return yield* finishingGroups(query, wholes(query, horizon, entries, scope.from, scope.to), scope)
  const groups = panes(horizon, entries, scope.from, scope.to)
  if (query.window.kind !== 'sliding') return yield* finishingGroups(query, groups, scope)
  const byKey = new Map(groups.map(group => [groupKey(group.key), group]))
  return finish(query, { kind: 'groups', groups: byKey, scanned: 0 }, scope)
}

/** The value now of a sliding window: its end is the last of the key. Without keys there always is one. */
function windows(query: Query, entries: Iterable<Entry>, from: number, to: number): Group[] {
  const ready = plan(query)
  const groups: Group[] = []
  for (const entry of entries) push(groups, [...entry.key, to], entry.whole(from, to, ready))
  if (groups.length === 0 && query.by.length === 0) push(groups, [to], newStates(ready))
  return groups
}

/** A group per key. */
function wholes(query: Query, { bucket }: Horizon, entries: Iterable<Entry>, from: number, to: number): Group[] {
  const ready = plan(query)
  const groups: Group[] = []
  for (const entry of entries)
    push(groups, entry.key, bucket === undefined ? entry.panes[0] : entry.whole(from, to, ready))
  return groups
}

/** A group per key and pane. */
function panes({ moves }: Horizon, entries: Iterable<Entry>, from: number, to: number): Group[] {
  const groups: Group[] = []
  for (const { key, starts, panes } of entries)
    for (let i = 0; i < starts.length; i++)
      if (starts[i]! < to && (!moves || starts[i]! >= from)) push(groups, [...key, starts[i]!], panes[i])
  return groups
}

function push(groups: Group[], key: Group['key'], states: readonly State[] | undefined): void {
  if (states !== undefined) groups.push({ key, states: states as State[] })
}
