import { bucketOf, type Sketch } from '@telltale/query'

/** So many buckets are noted before they are counted together. */
const NOTED = 64

/**
 * The sketch of one pane while it fills: most hold a few values only, whose buckets are noted one after another, and
 * sorted and counted not before somebody asks.
 */
export class PaneSketch implements Sketch {
  n = 0
  min = 0
  max = 0
  #noted: number[] = []
  #buckets: number[] | undefined
  #counts: number[] | undefined

  /** Counts one finite number. */
  add(value: number): void {
    if (this.n++ === 0) this.min = this.max = value
    else if (value < this.min) this.min = value
    else if (value > this.max) this.max = value
    if (this.#noted.push(bucketOf(value)) >= NOTED + (this.#buckets === undefined ? 0 : this.#buckets.length))
      this.#count()
  }

  get buckets(): number[] {
    this.#count()
    return this.#buckets!
  }

  get counts(): number[] {
    this.#count()
    return this.#counts!
  }

  /** The buckets noted and not yet counted, in no order; the others are in {@link counted}. */
  get noted(): readonly number[] {
    return this.#noted
  }

  get counted(): Pick<Sketch, 'buckets' | 'counts'> | undefined {
    return this.#buckets === undefined ? undefined : { buckets: this.#buckets, counts: this.#counts! }
  }

  plain(): Sketch {
    return { n: this.n, min: this.min, max: this.max, buckets: this.buckets.slice(), counts: this.counts.slice() }
  }

  #count(): void {
    const noted = this.#noted
    const [old, oldCounts] = [this.#buckets ?? [], this.#counts ?? []]
    if (noted.length === 0 && this.#buckets !== undefined) return
    const sorted = Int32Array.from(noted).sort()
    const buckets: number[] = []
    const counts: number[] = []
    let i = 0
    for (let j = 0; i < old.length || j < sorted.length; ) {
      const bucket = j >= sorted.length || old[i]! < sorted[j]! ? old[i]! : sorted[j]!
      let count = old[i] === bucket ? oldCounts[i++]! : 0
      for (; sorted[j] === bucket; j++) count++
      buckets.push(bucket)
      counts.push(count)
    }
    this.#buckets = buckets
    this.#counts = counts
    this.#noted = []
  }
}
