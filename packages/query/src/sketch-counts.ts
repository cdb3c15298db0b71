import { BUCKET_SHIFT, BUCKETS, bucketOf, bucketOfBits, type Sketch } from './sketch.ts'

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
    else this.#grow(bucket)
  }

  /**
   * Counts values[rows[i]] for i < count (values[i] without rows), skipping NaN. Buckets are read off the high words of
   * the doubles.
   */
  addAll(values: Float64Array, count: number, rows?: ArrayLike<number>): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    let { n, min, max } = this
    let counts = this.#counts
    let low = this.#low
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      const value = values[row]!
      if (value !== value) continue
      n++
      if (value < min) min = value
      if (value > max) max = value
      const bucket = value === 0 ? 0 : bucketOfBits(words[row * 2 + 1]! >>> BUCKET_SHIFT)
      const at = bucket - low
      if (at >= 0 && at < counts.length) counts[at]!++
      else {
        this.#grow(bucket)
        counts = this.#counts
        low = this.#low
      }
    }
    this.n = n
    this.min = min
    this.max = max
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

  /** Makes room for a bucket and counts it once. */
  #grow(bucket: number): void {
    const start = Math.floor(bucket / STEP) * STEP
    const empty = this.#counts.length === 0
    const low = empty ? start : Math.min(this.#low, start)
    const end = Math.min(BUCKETS, Math.max(empty ? start : this.#low + this.#counts.length, start + STEP))
    const next = new Uint32Array(end - low)
    if (!empty) next.set(this.#counts, this.#low - low)
    this.#counts = next
    this.#low = low
    next[bucket - low]!++
  }
}
