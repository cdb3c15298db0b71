import { type Plan, run, VALUES } from '@telltale/query'
import type { Entry } from './entry.ts'

/** Distinct values that all panes of a query may hold together, but for those of panes that have few. */
const HELD: number = VALUES / 4
/** Events that may be counted before it is looked again. */
export const LOOK: number = HELD / 4

/** Replaces distinct values by estimates where the panes hold too many. @returns whether it did */
export function lighten({ calls, latest }: Plan, entries: Iterable<Entry>): boolean {
  const own = calls.flatMap(({ aggregate, slot }, i) =>
    slot === i && aggregate.held !== undefined ? [{ aggregate, i }] : [],
  )
  if (latest !== undefined || own.length === 0) return false
  const all = [...entries]
  let held = 0
  for (const { panes } of all)
    for (const states of panes)
      for (const { aggregate, i } of own) {
        const some = aggregate.held!(states[i])
        if (some !== Number.POSITIVE_INFINITY) held += some
      }
  if (held <= HELD) return false
  for (const entry of all) {
    entry.merged = undefined
    for (const states of entry.panes) {
      for (const { aggregate, i } of own) {
        const steps = aggregate.estimating!(states[i])
        if (steps !== undefined) states[i] = run(steps)
      }
      for (const [i, { slot }] of calls.entries()) states[i] = states[slot]
    }
  }
  return true
}
