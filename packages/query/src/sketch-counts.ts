import { BUCKETS, bucketOf, type Sketch } from './sketch.ts'

const STEP = 512

/**
 * A {@link Sketch} being counted in bulk: a window of a dense array that grows to span the buckets met (a factor of
 * 1000 in the values is 1280 buckets, 5 KB). At most 2 MB, where tiny, huge and negative numbers meet.
 */
export class SketchCounts {
  n = 0
  min: number = Number.POSITIVE_INFINITY
  max: number = Number.NEGATIVE_INFINITY
  #counts: Uint32Array = new Uint32Array(0)
  #low = 0

  /** Counts one number; NaN is ignored. */
  add(value: number): void {
    if (value !== value) return
    this.n++
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    const bucket = bucketOf(value)
    const at = bucket - this.#low
    if (at >= 0 && at < this.#counts.length) this.#counts[at]!++
    else {
      this.#reserve(bucket)
      this.#counts[bucket - this.#low]!++
    }
  }

  /** Counts many numbers: counts[i] in bucket low + i, between min and max. */
  addCounts(low: number, counts: Uint32Array, min: number, max: number): void {
    if (min < this.min) this.min = min
    if (max > this.max) this.max = max
    this.#reserve(low)
    this.#reserve(low + counts.length - 1)
    const own = this.#counts
    const shift = low - this.#low
    for (let i = 0; i < counts.length; i++) {
      own[shift + i]! += counts[i]!
      this.n += counts[i]!
    }
  }

  /** The state as plain data. */
  sketch(): Sketch {
    const { n, min, max } = this
    const buckets: number[] = []
    const counts: number[] = []
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i]!
      if (count === 0) continue
      buckets.push(this.#low + i)
      counts.push(count)
    }
    return n === 0 ? { n, min: 0, max: 0, buckets, counts } : { n, min, max, buckets, counts }
  }

  /** Makes room for a bucket. */
  #reserve(bucket: number): void {
    const { length } = this.#counts
    if (bucket >= this.#low && bucket < this.#low + length) return
    const start = Math.floor(bucket / STEP) * STEP
    const low = length === 0 ? start : Math.min(this.#low, start)
    const end = Math.min(BUCKETS, Math.max(length === 0 ? start : this.#low + length, start + STEP))
    const next = new Uint32Array(end - low)
    if (length > 0) next.set(this.#counts, this.#low - low)
    this.#counts = next
    this.#low = low
  }
}
