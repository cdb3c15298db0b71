import { BUCKET_SHIFT, BUCKETS, bucketOf, type Sketch } from './sketch.ts'

const STEP = 1024

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
    this.#range(value)
    this.#count(bucketOf(value))
  }

  /**
   * Counts values[rows[i]] for i < count (values[i] without rows), skipping NaN. Buckets are read off the high words of
   * the doubles.
   */
  addAll(values: Float64Array, count: number, rows?: ArrayLike<number>): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      const value = values[row]!
      if (value !== value) continue
      this.#range(value)
      this.#count(value === 0 ? 0 : words[row * 2 + 1]! >>> BUCKET_SHIFT)
    }
  }

  /** The state as plain data. */
  sketch(): Sketch {
    const { n, min, max } = this
    const counts: Record<number, number> = {}
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i]!
      if (count > 0) counts[this.#low + i] = count
    }
    return n === 0 ? { n, min: 0, max: 0, counts } : { n, min, max, counts }
  }

  #range(value: number): void {
    this.n++
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
  }

  #count(bucket: number): void {
    const at = bucket - this.#low
    if (at >= 0 && at < this.#counts.length) this.#counts[at]!++
    else {
      this.#grow(bucket)
      this.#counts[bucket - this.#low]!++
    }
  }

  #grow(bucket: number): void {
    const start = Math.floor(bucket / STEP) * STEP
    const empty = this.#counts.length === 0
    const low = empty ? start : Math.min(this.#low, start)
    const end = Math.min(BUCKETS, Math.max(empty ? 0 : this.#low + this.#counts.length, start + STEP))
    const next = new Uint32Array(end - low)
    if (!empty) next.set(this.#counts, this.#low - low)
    this.#counts = next
    this.#low = low
  }
}
