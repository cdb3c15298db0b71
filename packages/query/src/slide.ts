import { fits, worked } from './limits.ts'
import { type Moving, moving } from './moving.ts'
import { groupKey } from './order.ts'
import type { Group, Scope, State } from './partial.ts'
import type { Plan } from './plan.ts'
import { type Steps, sorting } from './steps.ts'
import type { Window } from './tree.ts'

type Sliding = Window & { kind: 'sliding' }

/** Groups to a step: they may be made only now. */
const GROUPS = 32

/**
 * A sliding window over the past, from its panes: per key one group for each pane's end at which the window holds
 * anything; the time of its key is the window's end. Windows that begin before the scope does are left out, for they
 * are not complete ({@link rangeOf} widens the scope so that none asked for is).
 * @returns the groups, made when they are asked for and valid until the next is; undefined between two steps of one
 */
export function* slide(
  plan: Plan,
  window: Sliding,
  groups: Iterable<Group>,
  scope: Scope | undefined,
): Steps<Iterable<Group | undefined>> {
  const series = new Map<string, Group[]>()
  let seen = 0
  for (const group of groups) {
    if (++seen % GROUPS === 0) yield
    const key = groupKey(group.key.slice(0, -1))
    const panes = series.get(key)
    if (panes === undefined) series.set(key, [group])
    else panes.push(group)
  }
  const sorted: Group[][] = []
  for (const panes of series.values()) {
    sorted.push(yield* sorting(panes, (a, b) => startOf(a) - startOf(b)))
    yield
  }
  return windows(plan, window, sorted, scope)
}

function* windows(
  plan: Plan,
  { ms, every }: Sliding,
  series: readonly (readonly Group[])[],
  scope: Scope | undefined,
): Generator<Group | undefined, undefined> {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = scope ?? {}
  let made = 0
  for (const panes of series) {
    const inside = new Inside(plan)
    const key = panes[0]!.key.slice(0, -1)
    let [first, next] = [0, 0]
    for (const end of endsOf(panes, ms, every, from, to)) {
      // What never is inside a window asked for is passed over.
      while (first === next && next < panes.length && startOf(panes[next]!) < end - ms) first = ++next
      while (next < panes.length && startOf(panes[next]!) < end) inside.push(panes[next++]!)
      let gone = 0
      while (startOf(panes[first + gone]!) < end - ms) gone++
      if (gone > 0) yield* inside.drop(gone)
      first += gone
      fits(plan, ++made)
      yield { key: [...key, end], states: inside.states() }
    }
  }
  return undefined
}

/** The panes inside a window that only moves on, merged. */
class Inside {
  readonly #plan: Plan
  /** One a call that has a state of its own. */
  readonly #moving: readonly (Moving | undefined)[]

  constructor(plan: Plan) {
    this.#plan = plan
    this.#moving = plan.calls.map(({ aggregate, slot }, i) => (slot === i ? moving(aggregate) : undefined))
  }

  push(pane: Group): void {
    worked(this.#moving.length)
    for (const [i, one] of this.#moving.entries()) one?.push(pane.states[i])
  }

  *drop(panes: number): Generator<undefined, void> {
    for (const one of this.#moving) if (one !== undefined) yield* one.drop(panes)
  }

  states(): State[] {
    const own = this.#moving.map(one => one?.state())
    return this.#plan.calls.map(({ slot }) => own[slot])
  }
}

function startOf(group: Group): number {
  return group.key.at(-1) as number
}

/** The ends of all windows that hold one of the panes and are asked for, rising. */
function* endsOf(panes: readonly Group[], ms: number, every: number, from: number, to: number): Generator<number> {
  let last = Number.NEGATIVE_INFINITY
  for (const pane of panes) {
    const start = startOf(pane)
    const first = Math.max(start + every, last + every, start + every * Math.ceil((from + ms - start) / every))
    for (let end = first; end <= start + ms && end - every < to; end += every) {
      last = end
      worked(1)
      yield end
    }
  }
}
