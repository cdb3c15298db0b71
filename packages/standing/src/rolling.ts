import type { Sketch } from '@telltale/query'
import { PaneSketch } from './pane-sketch.ts'

/** Buckets that hold nothing any more are kept while they are fewer than this, or than half. */
const SPARE = 16

/**
 * The sketches of panes that come and go, together: a window that moves on costs what has come and what has gone, not
 * all it holds. As a {@link Sketch} it may have buckets that hold nothing; `min` and `max` are to be set by whoever
 * knows the panes.
 */
export class RollingSketch implements Sketch {
  n = 0
  min = 0
  max = 0
  buckets: number[] = []
  counts: number[] = []
  #empty = 0

  add(sketch: Sketch): void {
    this.n += sketch.n
    this.#change(sketch, 1)
  }

  /** Takes away what was added. */
  subtract(sketch: Sketch): void {
    this.n -= sketch.n
    this.#change(sketch, -1)
    if (this.#empty > Math.max(SPARE, this.buckets.length / 2)) this.tidy()
  }

  #change(sketch: Sketch, sign: 1 | -1): void {
    let whole: Pick<Sketch, 'buckets' | 'counts'> | undefined = sketch
    if (sketch instanceof PaneSketch) {
      const { noted, counted } = sketch
      for (let i = 0; i < noted.length; i++) this.#count(noted[i]!, sign)
      whole = counted
    }
    if (whole === undefined) return
    const { buckets, counts } = whole
    for (let i = 0; i < buckets.length; i++) this.#count(buckets[i]!, sign * counts[i]!)
  }

  #count(bucket: number, count: number): void {
    const { buckets, counts } = this
    let low = 0
    for (let high = buckets.length; low < high; ) {
      const middle = (low + high) >> 1
      if (buckets[middle]! < bucket) low = middle + 1
      else high = middle
    }
    if (buckets[low] !== bucket) {
      buckets.splice(low, 0, bucket)
      counts.splice(low, 0, count)
      return
    }
    const before = counts[low]!
    counts[low] = before + count
    if (before === 0) this.#empty--
    else if (before + count === 0) this.#empty++
  }

  /** Lets go of buckets that hold nothing. */
  tidy(): void {
    if (this.#empty === 0) return
    const { buckets, counts } = this
    let kept = 0
    for (let i = 0; i < buckets.length; i++) {
      if (counts[i] === 0) continue
      buckets[kept] = buckets[i]!
      counts[kept++] = counts[i]!
    }
    buckets.length = kept
    counts.length = kept
    this.#empty = 0
  }
}
