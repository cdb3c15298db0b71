import type { State } from '@telltale/query'
import type { NumberSink } from './numbers.ts'

/** States of an aggregate of numbers, for many groups. */
export interface NumberTally extends NumberSink {
  /** Makes room for this many groups. */
  reserve(groups: number): void
  state(group: number): State
}

function grown(array: Float64Array, length: number, rest: number): Float64Array {
  if (length <= array.length) return array
  const next = new Float64Array(length * 2)
  next.set(array)
  // Zeros need not be written: that would make the memory real before it is used.
  if (rest !== 0) next.fill(rest, array.length)
  return next
}

const NONE: Float64Array = new Float64Array(0)

/** For sum and avg. */
export class Totals implements NumberTally {
  #n: Float64Array = NONE
  #sum: Float64Array = NONE

  reserve(groups: number): void {
    this.#n = grown(this.#n, groups, 0)
    this.#sum = grown(this.#sum, groups, 0)
  }

  take(values: Float64Array, groups: Int32Array, count: number): void {
    const n = this.#n
    const sum = this.#sum
    for (let i = 0; i < count; i++) {
      const group = groups[i]!
      const value = values[i]!
      n[group]!++
      sum[group]! += value
    }
  }

  state(group: number): State {
    const sum = this.#sum[group] ?? 0
    return { n: this.#n[group] ?? 0, sum: Number.isFinite(sum) ? sum : null }
  }
}

/** For min (sign 1) and max (-1). */
export class Extremes implements NumberTally {
  #least: Float64Array = NONE
  readonly #sign: 1 | -1

  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  reserve(groups: number): void {
    this.#least = grown(this.#least, groups, Number.POSITIVE_INFINITY)
  }

  take(values: Float64Array, groups: Int32Array, count: number): void {
    const least = this.#least
    const sign = this.#sign
    for (let i = 0; i < count; i++) {
      const group = groups[i]!
      const value = sign * values[i]!
      if (value < least[group]!) least[group] = value
    }
  }

  state(group: number): State {
    const least = this.#least[group] ?? Number.POSITIVE_INFINITY
    return least === Number.POSITIVE_INFINITY ? null : this.#sign * least
  }
}

/** For stddev: Welford's update. */
export class Spreads implements NumberTally {
  #n: Float64Array = NONE
  #mean: Float64Array = NONE
  #m2: Float64Array = NONE

  reserve(groups: number): void {
    this.#n = grown(this.#n, groups, 0)
    this.#mean = grown(this.#mean, groups, 0)
    this.#m2 = grown(this.#m2, groups, 0)
  }

  take(values: Float64Array, groups: Int32Array, count: number): void {
    const n = this.#n
    const mean = this.#mean
    const m2 = this.#m2
    for (let i = 0; i < count; i++) {
      const group = groups[i]!
      const value = values[i]!
      const distance = value - mean[group]!
      mean[group]! += distance / ++n[group]!
      m2[group]! += distance * (value - mean[group]!)
    }
  }

  state(group: number): State {
    const n = this.#n[group] ?? 0
    const m2 = this.#m2[group] ?? 0
    return Number.isFinite(m2) ? { n, mean: this.#mean[group] ?? 0, m2 } : { n, mean: 0, m2: null }
  }
}
