import { mostValues } from './limits.ts'
import type { Group } from './partial.ts'
import type { Plan } from './plan.ts'
import type { Steps } from './steps.ts'

/** Groups to a step. */
const SOME = 256

/**
 * The groups as they are to be told: where they hold more values together than an answer may, those that hold many are
 * replaced by estimates. Whether they do depends on all the events only, not on who counted which of them: whatever
 * holds too many by itself has estimates already, and these count as too many.
 */
export function* holding(
  { calls, latest }: Plan,
  groups: readonly Group[] | ReadonlyMap<string, Group>,
): Steps<Iterable<Group>> {
  const own = calls.flatMap(({ aggregate, slot }, i) =>
    slot === i && aggregate.held !== undefined ? [{ aggregate, i }] : [],
  )
  if (latest !== undefined || own.length === 0) return groups.values()
  const most = mostValues()
  let held = 0
  let seen = 0
  for (const { states } of groups.values()) {
    for (const { aggregate, i } of own) held += aggregate.held!(states[i])
    if (++seen % SOME === 0) yield
  }
  if (held <= most) return groups.values()
  const estimated: Group[] = []
  for (const { key, states: exact } of groups.values()) {
    const states = exact.slice()
    for (const { aggregate, i } of own) {
      const steps = aggregate.estimating!(states[i])
      if (steps !== undefined) states[i] = yield* steps
    }
    for (const [i, { slot }] of calls.entries()) states[i] = states[slot]
    estimated.push({ key, states })
    if (estimated.length % SOME === 0) yield
  }
  return estimated
}
