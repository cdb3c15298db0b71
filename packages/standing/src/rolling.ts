import type { Sketch } from '@telltale/query'
import { PaneSketch } from './pane-sketch.ts'

/** Buckets that hold nothing any more are kept while they are fewer than this, or than half. */
const SPARE = 16
/** So many buckets of a pane are taken as they were noted; of more, those that are new here would take long to sort. */
const FEW = 128

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
    if (sketch instanceof PaneSketch && sketch.noted.length <= FEW) {
      const { noted, counted } = sketch
      for (let i = 0; i < noted.length; i++) this.#count(noted[i]!, sign)
      whole = counted
    }
    if (whole !== undefined) {
      const { buckets, counts } = whole
      for (let i = 0; i < buckets.length; i++) this.#count(buckets[i]!, sign * counts[i]!)
    }
    if (strangers.length > 0) this.#insert()
  }

  #count(bucket: number, count: number): void {
    const { buckets, counts } = this
    const at = placeOf(bucket, buckets)
    if (buckets[at] !== bucket) {
      meet(bucket, count)
      return
    }
    const before = counts[at]!
    counts[at] = before + count
    if (before === 0) this.#empty--
    else if (before + count === 0) this.#empty++
  }

  /** Takes the strangers in: from the end on, so that each bucket there is moves once. */
  #insert(): void {
    const { buckets, counts } = this
    let from = buckets.length - 1
    for (let i = 0; i < strangers.length; i++) {
      buckets.push(0)
      counts.push(0)
    }
    let to = buckets.length - 1
    for (let i = strangers.length - 1; i >= 0; to--) {
      if (from >= 0 && buckets[from]! > strangers[i]!) {
        buckets[to] = buckets[from]!
        counts[to] = counts[from--]!
      } else {
        buckets[to] = strangers[i]!
        counts[to] = strangerCounts[i--]!
      }
    }
    strangers.length = 0
    strangerCounts.length = 0
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

/** Buckets met that the sketch at hand has not, rising, and how often. Empty between two calls. */
const strangers: number[] = []
const strangerCounts: number[] = []

function meet(bucket: number, count: number): void {
  let i = strangers.length
  while (i > 0 && strangers[i - 1]! > bucket) i--
  if (strangers[i - 1] === bucket) {
    strangerCounts[i - 1]! += count
    return
  }
  strangers.push(0)
  strangerCounts.push(0)
  for (let j = strangers.length - 1; j > i; j--) {
    strangers[j] = strangers[j - 1]!
    strangerCounts[j] = strangerCounts[j - 1]!
  }
  strangers[i] = bucket
  strangerCounts[i] = count
}

/** Where a bucket is, or belongs. */
function placeOf(bucket: number, buckets: readonly number[]): number {
  let low = 0
  for (let high = buckets.length; low < high; ) {
    const middle = (low + high) >> 1
    if (buckets[middle]! < bucket) low = middle + 1
    else high = middle
  }
  return low
}
