/** How far back a rate looks, in seconds. */
const BACK = 10

/** How fast a count grew within the last ten seconds. */
export class Rate {
  /** What it was at the last ticks, oldest first. */
  readonly #marks: { at: number; count: number }[] = []

  /**
   * To be called once a second.
   * @param at ms since some moment
   * @returns by how many a second the count grew, to a hundredth
   */
  tick(count: number, at: number): number {
    // What was not there a second ago began with nothing.
    if (this.#marks.length === 0) this.#marks.push({ at: at - 1_000, count: 0 })
    const oldest = this.#marks[0]!
    this.#marks.push({ at, count })
    if (this.#marks.length > BACK) this.#marks.shift()
    return at > oldest.at ? Math.round((1e5 * (count - oldest.count)) / (at - oldest.at)) / 100 : 0
  }
}
