/** Turns counters that only rise into rates a second. What is not asked for in one round is forgotten in the next. */
export class Rates {
  #before = new Map<string, number>()
  #now = new Map<string, number>()
  #beforeAt = 0
  #at = 0

  /** @param at ms, of a clock that does not jump */
  round(at: number): void {
    this.#before = this.#now
    this.#beforeAt = this.#at
    this.#now = new Map()
    this.#at = at
  }

  /** How much the counter rose since the last round. @returns undefined at first, or where it was reset */
  rise(name: string, value: number): number | undefined {
    this.#now.set(name, value)
    const before = this.#before.get(name)
    return before === undefined || value < before ? undefined : value - before
  }

  perSecond(name: string, value: number): number | undefined {
    const rise = this.rise(name, value)
    return rise === undefined || this.#at <= this.#beforeAt
      ? undefined
      : twoDigits((rise * 1000) / (this.#at - this.#beforeAt))
  }

  /** ms between the last round and this one; 0 in the first. */
  get elapsed(): number {
    return this.#beforeAt === 0 ? 0 : this.#at - this.#beforeAt
  }
}

/** Two digits are all that means anything, and pack better. */
export function twoDigits(value: number): number {
  return Math.round(value * 100) / 100
}

export function percent(part: number, whole: number): number | undefined {
  return whole > 0 ? twoDigits((100 * part) / whole) : undefined
}
