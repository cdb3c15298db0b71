import { mergeGroups } from './merge.ts'
import { groupKey } from './order.ts'
import type { Group, Scope } from './partial.ts'
import type { Plan } from './plan.ts'
import type { Window } from './tree.ts'

type Sliding = Window & { kind: 'sliding' }

/**
 * A sliding window over the past, from its panes: per key one group for each pane's end at which the window holds
 * anything; the time of its key is the window's end. Windows that begin before the scope does are left out, for they
 * are not complete ({@link rangeOf} widens the scope so that none asked for is).
 */
export function slide(plan: Plan, { ms, every }: Sliding, groups: readonly Group[], scope: Scope | undefined): Group[] {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = scope ?? {}
  const series = new Map<string, Group[]>()
  for (const group of groups) {
    const key = groupKey(group.key.slice(0, -1))
    const panes = series.get(key)
    if (panes === undefined) series.set(key, [group])
    else panes.push(group)
  }
  const windows: Group[] = []
  for (const panes of series.values()) {
    panes.sort((a, b) => startOf(a) - startOf(b))
    for (const end of endsOf(panes, ms, every)) {
      if (end - ms < from || end - every >= to) continue
      const inside = panes.filter(pane => startOf(pane) >= end - ms && startOf(pane) < end)
      const whole = inside.reduce((a, b) => mergeGroups(plan, a, b))
      windows.push({ key: [...whole.key.slice(0, -1), end], states: whole.states })
    }
  }
  return windows
}

function startOf(group: Group): number {
  return group.key.at(-1) as number
}

/** The ends of all windows that hold one of the panes. */
function endsOf(panes: readonly Group[], ms: number, every: number): number[] {
  const ends = new Set<number>()
  for (const pane of panes) {
    for (let end = startOf(pane) + every; end <= startOf(pane) + ms; end += every) ends.add(end)
  }
  return [...ends].sort((a, b) => a - b)
}
