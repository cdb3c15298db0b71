import { fits, worked } from './limits.ts'
import { mergeGroups } from './merge.ts'
import { groupKey } from './order.ts'
import type { Group, Scope } from './partial.ts'
import type { Plan } from './plan.ts'
import { type Steps, sorting } from './steps.ts'
import type { Window } from './tree.ts'

type Sliding = Window & { kind: 'sliding' }

/** Groups to a step. */
const GROUPS = 512

/**
 * A sliding window over the past, from its panes: per key one group for each pane's end at which the window holds
 * anything; the time of its key is the window's end. Windows that begin before the scope does are left out, for they
 * are not complete ({@link rangeOf} widens the scope so that none asked for is).
 */
export function* slide(
  plan: Plan,
  { ms, every }: Sliding,
  groups: Iterable<Group>,
  scope: Scope | undefined,
): Steps<Group[]> {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = scope ?? {}
  const series = new Map<string, Group[]>()
  let seen = 0
  for (const group of groups) {
    if (++seen % GROUPS === 0) yield
    const key = groupKey(group.key.slice(0, -1))
    const panes = series.get(key)
    if (panes === undefined) series.set(key, [group])
    else panes.push(group)
  }
  const windows: Group[] = []
  for (const unsorted of series.values()) {
    const panes = yield* sorting(unsorted, (a, b) => startOf(a) - startOf(b))
    const inside = new Inside(plan)
    let next = 0
    for (const end of endsOf(panes, ms, every, from, to)) {
      while (next < panes.length && startOf(panes[next]!) < end) {
        inside.push(panes[next++]!)
        yield
      }
      const whole = yield* inside.since(end - ms)
      yield
      if (whole === undefined) continue
      windows.push({ key: [...whole.key.slice(0, -1), end], states: whole.states })
      fits(plan, windows.length)
    }
  }
  return windows
}

/**
 * The panes inside a window that only moves on, merged: each pane is merged a few times in all, however many windows
 * it is in. (The queue of two stacks, Tangwongsan, Hirzel and Schneider, "In-order sliding-window aggregation", 2015.)
 */
class Inside {
  readonly #plan: Plan
  /** The older panes, the oldest last, each merged with all after it here. */
  #front: { start: number; whole: Group }[] = []
  #back: Group[] = []
  #backWhole: Group | undefined

  constructor(plan: Plan) {
    this.#plan = plan
  }

  push(pane: Group): void {
    this.#back.push(pane)
    this.#backWhole = this.#with(this.#backWhole, pane)
  }

  /** What has started since; undefined where nothing has. Must not be asked for an earlier time than before. */
  *since(from: number): Steps<Group | undefined> {
    while ((this.#front.at(-1)?.start ?? from) < from) this.#front.pop()
    if (this.#front.length === 0 && this.#back.length > 0 && startOf(this.#back[0]!) < from) yield* this.#turn(from)
    const front = this.#front.at(-1)?.whole
    return this.#backWhole === undefined ? front : this.#with(front, this.#backWhole)
  }

  /** What came last becomes what goes first. */
  *#turn(from: number): Steps<void> {
    let whole: Group | undefined
    for (let i = this.#back.length - 1; i >= 0 && startOf(this.#back[i]!) >= from; i--) {
      const pane = this.#back[i]!
      whole = whole === undefined ? pane : mergeGroups(this.#plan, pane, whole)
      this.#front.push({ start: startOf(pane), whole })
      yield
    }
    this.#back = []
    this.#backWhole = undefined
  }

  #with(a: Group | undefined, b: Group): Group {
    return a === undefined ? b : mergeGroups(this.#plan, a, b)
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
