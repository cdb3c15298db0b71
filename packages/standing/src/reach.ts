import type { Horizon } from './horizon.ts'

/** Which times count now, and how many events did not. */
export class Reach {
  /** The earliest time that counts. */
  from = 0
  /** Events are taken up to here, exclusive: what is ahead of the clock waits in its pane. */
  to = 0
  /** Events whose time had passed out of what counts when they came. */
  late = 0
  /** Events whose time was too far ahead of the clock. */
  ahead = 0
  readonly #horizon: Horizon
  readonly #ahead: number
  /** While now is within, nothing moves. */
  #since: number = Number.POSITIVE_INFINITY
  #until: number = Number.NEGATIVE_INFINITY

  /** @param ahead how far ahead of the clock an event may be where what counts moves, in ms */
  constructor(horizon: Horizon, ahead: number) {
    this.#horizon = horizon
    this.#ahead = horizon.moves ? ahead : 0
  }

  /** Counts an event whose time is none that is taken. */
  refuse(time: number): void {
    if (!this.#horizon.moves) return
    if (time < this.from) this.late++
    else this.ahead++
  }

  /** Moves on to now. @returns whether anything may be different */
  advance(now: number): boolean {
    if (now >= this.#since && now < this.#until) return false
    const horizon = this.#horizon
    this.#since = now
    this.#until = horizon.until(now)
    this.from = horizon.from(now)
    this.to = horizon.to(now) + this.#ahead
    return true
  }
}
