import type { Aggregate } from './aggregate.ts'
import { MovingSketch } from './moving-sketch.ts'
import type { State } from './partial.ts'
import type { Sketch } from './sketch.ts'

/** One aggregate's state over a window that takes panes at one end and lets go of them at the other. */
export interface Moving<S = State> {
  push(pane: S): void
  /** Lets go of the oldest panes, in steps. There must be so many. */
  drop(panes: number): Generator<undefined, void>
  /** Of all panes inside, at least one; valid until the next change. */
  state(): S
}

export function moving(aggregate: Aggregate): Moving {
  return aggregate.family === 'sketch' ? (new MovingSketch() satisfies Moving<Sketch> as Moving) : new Stacks(aggregate)
}

/** Panes merged in a step. */
const MERGED = 8

/**
 * What can only be merged: each pane is merged a few times in all, however many windows it is in. (The queue of two
 * stacks, Tangwongsan, Hirzel and Schneider, "In-order sliding-window aggregation", 2015.)
 */
class Stacks implements Moving {
  readonly #aggregate: Aggregate
  /** The older panes, the oldest last, each merged with all after it here. */
  readonly #front: State[] = []
  #back: State[] = []
  #backWhole: State

  constructor(aggregate: Aggregate) {
    this.#aggregate = aggregate
  }

  push(pane: State): void {
    this.#backWhole = this.#back.push(pane) === 1 ? pane : this.#aggregate.merge(this.#backWhole, pane)
  }

  *drop(panes: number): Generator<undefined, void> {
    const beyond = panes - this.#front.length
    this.#front.length = Math.max(0, -beyond)
    if (beyond > 0) yield* this.#turn(beyond)
  }

  state(): State {
    const front = this.#front.at(-1)
    if (front === undefined) return this.#backWhole
    return this.#back.length === 0 ? front : this.#aggregate.merge(front, this.#backWhole)
  }

  /** What came last becomes what goes first, but for the oldest of it. */
  *#turn(without: number): Generator<undefined, void> {
    for (let i = this.#back.length - 1; i >= without; i--) {
      const pane = this.#back[i]
      const after = this.#front.at(-1)
      this.#front.push(after === undefined ? pane : this.#aggregate.merge(pane, after))
      if (i % MERGED === 0) yield
    }
    this.#back = []
    this.#backWhole = undefined
  }
}
