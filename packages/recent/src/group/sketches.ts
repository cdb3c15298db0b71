import { addToSketch, BUCKET_SHIFT, BUCKETS, newSketch, type Sketch, SketchCounts } from '@telltale/query'
import type { NumberTally } from './number-tallies.ts'

/** A group with so many numbers gets an array of counts; before that it keeps the numbers themselves. */
const MANY = 64
/** Counts that the groups of a chunk may take together. */
const DENSE = 1 << 18
/** So many counts may be looked at for each number. */
const SPARE = 4

const dense = new Uint32Array(DENSE)
const least = new Float64Array(DENSE)
const most = new Float64Array(DENSE)

/** For quantiles and histograms. */
export class Sketches implements NumberTally {
  readonly #few: number[][] = []
  readonly #many: (SketchCounts | undefined)[] = []

  reserve(groups: number): void {
    while (this.#few.length < groups) {
      this.#few.push([])
      this.#many.push(undefined)
    }
  }

  take(values: Float64Array, groups: Int32Array, count: number): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, count * 2)
    const [low, high] = bucketsOf(bits, count)
    const [first, last] = extremes(groups, count)
    const span = high - low + 1
    const all = (last - first + 1) * span
    // Buckets of negative numbers (and of −0) count down: they go one by one.
    if (high >= BUCKETS || all > DENSE || all > count * SPARE) {
      for (let i = 0; i < count; i++) this.#add(groups[i]!, values[i]!)
      return
    }
    dense.fill(0, 0, all)
    least.fill(Number.POSITIVE_INFINITY, 0, last - first + 1)
    most.fill(Number.NEGATIVE_INFINITY, 0, last - first + 1)
    for (let i = 0; i < count; i++) {
      const group = groups[i]! - first
      const value = values[i]!
      if (value < least[group]!) least[group] = value
      if (value > most[group]!) most[group] = value
      dense[Math.imul(group, span) + (bits[i * 2 + 1]! >>> BUCKET_SHIFT) - low]!++
    }
    for (let group = 0; group <= last - first; group++) {
      if (least[group] === Number.POSITIVE_INFINITY) continue
      const counts = dense.subarray(group * span, group * span + span)
      this.#counts(first + group).addCounts(low, counts, least[group]!, most[group]!)
    }
  }

  state(group: number): Sketch {
    const many = this.#many[group]
    if (many !== undefined) return many.sketch()
    const sketch = newSketch()
    for (const value of this.#few[group] ?? []) addToSketch(sketch, value)
    return sketch
  }

  #add(group: number, value: number): void {
    const many = this.#many[group]
    if (many !== undefined) many.add(value)
    else if (this.#few[group]!.push(value) >= MANY) this.#counts(group)
  }

  #counts(group: number): SketchCounts {
    const known = this.#many[group]
    if (known !== undefined) return known
    const counts = counted(this.#few[group]!)
    this.#few[group]!.length = 0
    this.#many[group] = counts
    return counts
  }
}

/** The least and the greatest of the buckets of doubles, given as their words. */
function bucketsOf(bits: Uint32Array, count: number): [low: number, high: number] {
  let low = 0xffffffff
  let high = 0
  for (let i = 0; i < count; i++) {
    const word = bits[i * 2 + 1]!
    if (word < low) low = word
    if (word > high) high = word
  }
  return [low >>> BUCKET_SHIFT, high >>> BUCKET_SHIFT]
}

function extremes(groups: Int32Array, count: number): [first: number, last: number] {
  let first = groups[0]!
  let last = first
  for (let i = 1; i < count; i++) {
    const group = groups[i]!
    if (group < first) first = group
    if (group > last) last = group
  }
  return [first, last]
}

function counted(values: readonly number[]): SketchCounts {
  const counts = new SketchCounts()
  for (const value of values) counts.add(value)
  return counts
}
