import type { Moment } from './aggregate.ts'
import type { Group } from './partial.ts'
import type { Scalar } from './tree.ts'

/**
 * The group of a query `over 100 events`: no aggregate states but the latest events themselves, as their one state, for
 * only the whole tells which are the latest.
 */
export interface Kept extends Moment {
  /** The argument of each aggregate. */
  readonly values: readonly Scalar[]
}

/** Adds an event to those kept. */
export function keep(group: Group, kept: Kept, most: number): void {
  const list = group.states[0] as Kept[]
  list.push(kept)
  if (list.length >= 2 * most) group.states[0] = latest(list, most)
}

/** The latest of both groups; neither is changed. */
export function mergeKept(a: Group, b: Group, most: number): Group {
  return { key: a.key, states: [latest([...keptOf(a), ...keptOf(b)], most)] }
}

/** The latest events of a group, oldest first, at most so many. */
export function latest(list: readonly Kept[], most: number): Kept[] {
  return list.toSorted((a, b) => a.time - b.time || a.seq - b.seq).slice(-most)
}

export function keptOf(group: Group): readonly Kept[] {
  return (group.states[0] ?? []) as Kept[]
}
