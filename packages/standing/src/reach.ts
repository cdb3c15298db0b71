import type { Horizon } from './horizon.ts'
import type { SavedQuery } from './saved.ts'

/** Which times count now, and how many events did not. */
export class Reach {
  /** The earliest time that counts. */
  from: number = Number.NEGATIVE_INFINITY
  /** Events are taken up to here, exclusive: what is ahead of the clock waits in its pane. */
  to = 0
  /** Events whose time had passed out of what counts when they came. */
  late = 0
  /** Events whose time was too far ahead of the clock, and still is. */
  ahead = 0
  /** The earliest time of those. */
  #aheadFrom: number = Number.POSITIVE_INFINITY
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
    else this.#wait(1, time)
  }

  /** Goes on from what was saved. */
  restore({ stats, from }: Pick<SavedQuery, 'stats' | 'from'>): void {
    this.late = stats.late
    this.from = from ?? this.from
    if (stats.ahead > 0) this.#wait(stats.ahead, Number.NEGATIVE_INFINITY) // how far is not known any more
  }

  /** @returns how many events that were too far ahead would count by now; they are told once */
  due(): number {
    if (this.#aheadFrom >= this.to) return 0
    const due = this.ahead
    this.ahead = 0
    this.#aheadFrom = Number.POSITIVE_INFINITY
    return due
  }

  #wait(events: number, time: number): void {
    this.ahead += events
    this.#aheadFrom = Math.min(this.#aheadFrom, time)
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
