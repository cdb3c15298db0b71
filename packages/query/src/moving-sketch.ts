import { BUCKETS, type Sketch } from './sketch.ts'

/** Buckets are counted in blocks of so many. */
const BLOCK_BITS = 8
const BLOCK = 1 << BLOCK_BITS
const BLOCKS = (2 * BUCKETS) >> BLOCK_BITS

/** A {@link Sketch} of the panes inside a moving window: their counts are added when they come and taken off when they go. */
export class MovingSketch {
  readonly #panes: Sketch[] = []
  readonly #blocks: (Uint32Array | undefined)[] = new Array(BLOCKS)
  /** What is counted in each block. */
  readonly #totals: Float64Array = new Float64Array(BLOCKS)
  /** Blocks outside are empty. */
  #low: number = BLOCKS
  #high = -1
  readonly #whole: Sketch = { n: 0, min: 0, max: 0, buckets: [], counts: [] }

  push(pane: Sketch): void {
    this.#panes.push(pane)
    this.#count(pane, 1)
  }

  // biome-ignore lint/correctness/useYield: it is one step
  *drop(panes: number): Generator<undefined, void> {
    for (const pane of this.#panes.splice(0, panes)) this.#count(pane, -1)
  }

  state(): Sketch {
    const whole = this.#whole
    whole.n = 0
    for (const { n, min, max } of this.#panes) {
      if (n === 0) continue
      whole.min = whole.n === 0 ? min : Math.min(whole.min, min)
      whole.max = whole.n === 0 ? max : Math.max(whole.max, max)
      whole.n += n
    }
    if (whole.n === 0) whole.min = whole.max = 0
    this.#list(whole)
    return whole
  }

  #list({ buckets, counts }: Sketch): void {
    let listed = 0
    for (let at = this.#low; at <= this.#high; at++) {
      if (this.#totals[at] === 0) continue
      const block = this.#blocks[at]!
      const first = (at << BLOCK_BITS) - BUCKETS
      for (let i = 0; i < BLOCK; i++) {
        const count = block[i]!
        if (count === 0) continue
        buckets[listed] = first + i
        counts[listed++] = count
      }
    }
    buckets.length = counts.length = listed
  }

  #count({ buckets, counts }: Sketch, sign: 1 | -1): void {
    for (let i = 0; i < buckets.length; i++) {
      const place = buckets[i]! + BUCKETS
      const at = place >> BLOCK_BITS
      const count = sign * counts[i]!
      const block = (this.#blocks[at] ??= new Uint32Array(BLOCK))
      block[place & (BLOCK - 1)]! += count
      this.#totals[at]! += count
      if (at < this.#low) this.#low = at
      if (at > this.#high) this.#high = at
    }
  }
}
