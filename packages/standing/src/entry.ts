import { newStates, type Plan, type Scalar, type Sketch, type State } from '@telltale/query'
import type { Key } from './keys.ts'
import { PaneSketch } from './pane-sketch.ts'
import { RollingSketch } from './rolling.ts'

/** Of what has not been made yet. */
const NONE: State[] = []

/** One key of a standing query, with its states pane by pane. */
export class Entry {
  /** The key as text: equal for equal keys. */
  readonly text: string
  readonly key: readonly Scalar[]
  /** Rising. */
  readonly starts: number[] = []
  readonly panes: State[][] = []
  used = true
  /** Among those changed since someone last looked. */
  dirty = false
  /** Evicted, or empty. */
  gone = false
  /** The start of the pane that changed last, and its states; NaN where more is to be done before one changes. */
  last: number = Number.NaN
  states: State[] = NONE
  /** All panes together, while none of them changes. */
  merged: { readonly from: number; readonly to: number; readonly states: readonly State[] } | undefined
  /** Sketches of the first so many panes together, by call; absent until all panes are asked for. */
  rolling: (RollingSketch | undefined)[] | undefined
  #rolled = 0

  constructor({ text, values }: Key) {
    this.text = text
    this.key = values
  }

  /** The states of the pane that starts there, made if new; panes that start before `from` go. They are about to change. */
  pane(start: number, plan: Plan, from: number): State[] {
    this.merged = undefined
    this.expire(from)
    const i = this.#place(start)
    if (this.#rolled > i) this.#roll(i)
    if (this.starts[i] !== start) this.#insert(i, start, paneStates(plan))
    this.last = start
    this.states = this.panes[i]!
    return this.states
  }

  /** Drops panes that start before. @returns whether there were any */
  expire(from: number): boolean {
    const { starts, panes } = this
    if (starts.length === 0 || starts[0]! >= from) return false
    let n = 1
    while (n < starts.length && starts[n]! < from) n++
    if (this.#rolled > 0) {
      const gone = Math.min(n, this.#rolled)
      for (const [i, rolling] of this.rolling!.entries())
        if (rolling !== undefined) for (let p = 0; p < gone; p++) rolling.subtract(panes[p]![i] as Sketch)
      this.#rolled -= gone
    }
    starts.splice(0, n)
    panes.splice(0, n)
    this.merged = undefined
    this.last = Number.NaN
    return true
  }

  /**
   * The panes that start within, as one; undefined where there are none. The states must not be changed, and are good
   * until a pane changes. Panes before are dropped.
   */
  whole(from: number, to: number, plan: Plan): readonly State[] | undefined {
    const { merged, starts, panes } = this
    if (merged !== undefined && merged.from === from && merged.to === to) return merged.states
    this.expire(from)
    let n = starts.length
    while (n > 0 && starts[n - 1]! >= to) n--
    if (n === 0) return undefined
    if (n === 1) return panes[0]
    const states = this.#together(plan, n)
    this.merged = { from, to, states }
    this.last = Number.NaN
    return states
  }

  /** The states of the first n panes as one's. */
  #together({ calls }: Plan, n: number): State[] {
    const states: State[] = []
    for (let i = 0; i < calls.length; i++) {
      const { aggregate, slot } = calls[i]!
      if (slot !== i) states.push(states[slot])
      else if (aggregate.family === 'sketch') {
        this.rolling ??= []
        this.rolling[i] ??= new RollingSketch()
        states.push(this.rolling[i])
      } else if (aggregate.family === 'count') {
        let sum = 0
        for (let p = 0; p < n; p++) sum += this.panes[p]![i] as number
        states.push(sum)
      } else {
        const parts: State[] = []
        for (let p = 0; p < n; p++) parts.push(this.panes[p]![i])
        states.push(aggregate.mergeAll?.(parts) ?? parts.reduce((a, b) => aggregate.merge(a, b)))
      }
    }
    if (this.rolling !== undefined) {
      this.#roll(n)
      for (const [i, rolling] of this.rolling.entries()) if (rolling !== undefined) bound(rolling, this.panes, n, i)
      if (calls.some(({ aggregate }) => aggregate.name === 'histogram'))
        for (const rolling of this.rolling) rolling?.tidy()
    }
    return states
  }

  /** Makes the rolling sketches those of the first n panes. */
  #roll(n: number): void {
    const { panes } = this
    for (const [i, rolling] of this.rolling!.entries()) {
      if (rolling === undefined) continue
      for (let p = this.#rolled; p < n; p++) rolling.add(panes[p]![i] as Sketch)
      for (let p = n; p < this.#rolled; p++) rolling.subtract(panes[p]![i] as Sketch)
    }
    this.#rolled = n
  }

  /** Where the pane that starts there is, or belongs. */
  #place(start: number): number {
    const { starts } = this
    let i = starts.length
    while (i > 0 && starts[i - 1]! >= start) i--
    return i
  }

  #insert(i: number, start: number, states: State[]): void {
    const { starts, panes } = this
    if (i === starts.length) {
      starts.push(start)
      panes.push(states)
    } else {
      starts.splice(i, 0, start)
      panes.splice(i, 0, states)
    }
  }
}

/** The least and the greatest of the first n panes. */
function bound(rolling: RollingSketch, panes: readonly (readonly State[])[], n: number, call: number): void {
  rolling.min = Number.POSITIVE_INFINITY
  rolling.max = Number.NEGATIVE_INFINITY
  for (let p = 0; p < n; p++) {
    const sketch = panes[p]![call] as Sketch
    if (sketch.n === 0) continue
    if (sketch.min < rolling.min) rolling.min = sketch.min
    if (sketch.max > rolling.max) rolling.max = sketch.max
  }
}

/** The states a new pane begins with. */
function paneStates(plan: Plan): State[] {
  if (plan.latest !== undefined) return newStates(plan)
  const { calls } = plan
  const states = new Array<State>(calls.length)
  for (let i = 0; i < states.length; i++) {
    const { slot, aggregate } = calls[i]!
    if (slot !== i) states[i] = states[slot]
    else states[i] = aggregate.family === 'sketch' ? new PaneSketch() : aggregate.init()
  }
  return states
}
