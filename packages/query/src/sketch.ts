/**
 * Quantiles within 1/256 of their value: DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile
 * Sketch with Relative-Error Guarantees", VLDB 2019) with the linearly interpolated mapping, so that a bucket is simply
 * the top bits of the double: exponent and 7 bits of mantissa. The state is counts per bucket, so whoever counts, in
 * whatever order, gets the very same quantile.
 */
export interface Sketch {
  /** Values counted. */
  n: number
  /** 0 while n is. */
  min: number
  max: number
  /** The buckets that hold something, rising; see {@link bucketOf}. */
  buckets: number[]
  /** How many values lie in each of them. */
  counts: number[]
}

/** A double's high word shifted right by this, without its sign, is the bucket of its magnitude. Of the whole 64 bits: `>> 45`. */
export const BUCKET_SHIFT = 13
/** Buckets are from −this to this − 1. */
export const BUCKETS: number = 1 << 18

const DOUBLE = new Float64Array(1)
const WORDS = new Uint32Array(DOUBLE.buffer)

/** The bucket of a number; greater numbers have greater buckets. Those below 0 count down from −1; −0 counts as 0. */
export function bucketOf(value: number): number {
  DOUBLE[0] = value === 0 ? 0 : value
  return bucketOfBits(WORDS[1]! >>> BUCKET_SHIFT)
}

/** The bucket from the 19 highest bits of the double, sign included, taken as an unsigned number. */
export function bucketOfBits(bits: number): number {
  return bits < BUCKETS ? bits : BUCKETS - 1 - bits
}

/** The middle of a bucket; 0 for the two that hold 0 and what is too small to tell apart from it. */
export function bucketMiddle(bucket: number): number {
  return magnitude(bucket, 1 << (BUCKET_SHIFT - 1))
}

/** The end of a bucket that is nearer to 0. */
export function bucketFloor(bucket: number): number {
  return magnitude(bucket, 0)
}

function magnitude(bucket: number, within: number): number {
  const bits = bucket < 0 ? -1 - bucket : bucket
  if (bits === 0) return 0
  WORDS[0] = 0
  WORDS[1] = (bits << BUCKET_SHIFT) | within
  return bucket < 0 ? -DOUBLE[0]! : DOUBLE[0]!
}

export function newSketch(): Sketch {
  return { n: 0, min: 0, max: 0, buckets: [], counts: [] }
}

/** Counts one finite number. */
export function addToSketch(sketch: Sketch, value: number): void {
  const { buckets, counts } = sketch
  const bucket = bucketOf(value)
  let low = 0
  for (let high = buckets.length; low < high; ) {
    const middle = (low + high) >> 1
    if (buckets[middle]! < bucket) low = middle + 1
    else high = middle
  }
  if (buckets[low] === bucket) counts[low]!++
  else if (low === buckets.length) {
    buckets.push(bucket)
    counts.push(1)
  } else insert(buckets, counts, low, bucket)
  if (sketch.n++ === 0) sketch.min = sketch.max = value
  else if (value < sketch.min) sketch.min = value
  else if (value > sketch.max) sketch.max = value
}

/** Buckets that are moved one by one; more are moved faster at one go, though the call costs. */
const NEAR_THE_END = 64

/** Puts a new bucket with one value in its place. */
function insert(buckets: number[], counts: number[], at: number, bucket: number): void {
  if (buckets.length - at > NEAR_THE_END) {
    buckets.splice(at, 0, bucket)
    counts.splice(at, 0, 1)
    return
  }
  let i = buckets.length
  buckets.push(0)
  counts.push(0)
  for (; i > at; i--) {
    buckets[i] = buckets[i - 1]!
    counts[i] = counts[i - 1]!
  }
  buckets[at] = bucket
  counts[at] = 1
}

/** Both together, as a new sketch. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  if (a.n === 0 || b.n === 0) {
    const { buckets, counts, ...rest } = a.n === 0 ? b : a
    return { ...rest, buckets: buckets.slice(), counts: counts.slice() }
  }
  const buckets: number[] = []
  const counts: number[] = []
  let [i, j] = [0, 0]
  while (i < a.buckets.length || j < b.buckets.length) {
    const x = a.buckets[i] ?? BUCKETS
    const y = b.buckets[j] ?? BUCKETS
    buckets.push(Math.min(x, y))
    counts.push((x <= y ? a.counts[i++]! : 0) + (y <= x ? b.counts[j++]! : 0))
  }
  return { n: a.n + b.n, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), buckets, counts }
}

/** Buckets that are merged in a dense array; 8192 are a factor of 10^19 in the values. */
const DENSE: Float64Array = new Float64Array(8192)

/** All together, as a new sketch: for the many small panes of a window. */
export function mergeAllSketches(sketches: readonly Sketch[]): Sketch {
  const whole = newSketch()
  let low: number = BUCKETS
  let high: number = -BUCKETS
  for (const { n, min, max, buckets } of sketches) {
    if (n === 0) continue
    whole.min = whole.n === 0 ? min : Math.min(whole.min, min)
    whole.max = whole.n === 0 ? max : Math.max(whole.max, max)
    whole.n += n
    low = Math.min(low, buckets[0]!)
    high = Math.max(high, buckets.at(-1)!)
  }
  if (high - low >= DENSE.length) return sketches.reduce(mergeSketches)
  for (const { buckets, counts } of sketches)
    for (let i = 0; i < buckets.length; i++) DENSE[buckets[i]! - low]! += counts[i]!
  for (let bucket = low; bucket <= high; bucket++) {
    const count = DENSE[bucket - low]!
    if (count === 0) continue
    whole.buckets.push(bucket)
    whole.counts.push(count)
    DENSE[bucket - low] = 0
  }
  return whole
}

/**
 * How SQL may list numbers instead of counting them: 0 for 0, else a bucket's distance from that of 2^−256 in 16 bits.
 * Those without a place there, and those below 0, are {@link BEYOND}.
 */
export const FIRST_CODE: number = (1023 - 256) << 7
export const BEYOND = 0xffff

/** Counts by code; all 0 between calls. */
const CODES: Uint32Array = new Uint32Array(BEYOND + 1)

/** From the codes of numbers between min and max, in any order; undefined where one is beyond. */
export function sketchOfCodes(codes: Uint16Array, min: number, max: number): Sketch | undefined {
  if (codes.length === 0) return newSketch()
  if (!hasCodes(min, max)) return undefined
  for (let i = 0; i < codes.length; i++) CODES[codes[i]!]!++
  const beyond = CODES[BEYOND]!
  CODES[BEYOND] = 0
  const buckets: number[] = []
  const counts: number[] = []
  const high = codeOf(max)
  for (let code = codeOf(min); code <= high; code++) {
    const count = CODES[code]!
    if (count === 0) continue
    buckets.push(code === 0 ? 0 : code + FIRST_CODE)
    counts.push(count)
    CODES[code] = 0
    // Between 0 and the next there may be much to pass.
    if (code === 0) code = codes.reduce((low, next) => (next > 0 && next < low ? next : low), high + 1) - 1
  }
  return beyond > 0 ? undefined : { n: codes.length, min, max, buckets, counts }
}

/**
 * From the codes at some levels of n numbers, the last of them the greatest code of all: a sketch that gives these
 * quantiles and no other. Undefined where a number is beyond.
 */
export function sketchOfLevels(
  n: number,
  levels: readonly number[],
  codes: Uint16Array,
  min: number,
  max: number,
): Sketch | undefined {
  const sketch = newSketch()
  if (n === 0) return sketch
  if (!hasCodes(min, max) || codes.at(-1) === BEYOND) return undefined
  const found = levels.map((level, i) => ({ rank: rankOf(level, n), code: codes[i]! }))
  found.push({ rank: n, code: codes.at(-1)! })
  for (const { rank, code } of found.sort((a, b) => a.rank - b.rank)) {
    const bucket = code === 0 ? 0 : code + FIRST_CODE
    if (sketch.buckets.at(-1) !== bucket) add(sketch, bucket, rank - sketch.n)
    else {
      sketch.counts[sketch.counts.length - 1]! += rank - sketch.n
      sketch.n = rank
    }
  }
  return { ...sketch, min, max }
}

/** Whether the least and the greatest number have codes; between them and 0 there may still be some without. */
function hasCodes(min: number, max: number): boolean {
  const inside = (value: number): boolean => value === 0 || (value >= 2 ** -255 && value < 2 ** 255)
  return inside(min) && inside(max)
}

function codeOf(value: number): number {
  return value === 0 ? 0 : bucketOf(value) - FIRST_CODE
}

/** From counts by the 19 highest bits of the numbers, in any order. */
export function sketchOfCounts(
  { keys, counts }: { keys: Uint32Array; counts: Float64Array },
  min: number,
  max: number,
): Sketch {
  const sketch = newSketch()
  const order = Array.from(keys, (bits, i) => ({ bucket: bucketOfBits(bits), i })).sort((a, b) => a.bucket - b.bucket)
  for (const { bucket, i } of order) add(sketch, bucket, counts[i]!)
  return sketch.n === 0 ? sketch : { ...sketch, min, max }
}

function add(sketch: Sketch, bucket: number, count: number): void {
  sketch.n += count
  sketch.buckets.push(bucket)
  sketch.counts.push(count)
}

function rankOf(q: number, n: number): number {
  // 0.07 · 100 is 7.000000000000001 in doubles: the rank must not move for that.
  return Math.max(1, Math.ceil(Number((q * n).toPrecision(14))))
}

/** The value of rank ceil(q·n), at least 1, to within 1/256 of it; null where nothing was counted. */
export function quantileOf({ n, min, max, buckets, counts }: Sketch, q: number): number | null {
  if (n === 0) return null
  const rank = rankOf(q, n)
  let seen = 0
  for (let i = 0; i < buckets.length; i++) {
    seen += counts[i]!
    if (seen >= rank) return Math.min(max, Math.max(min, bucketMiddle(buckets[i]!)))
  }
  return max
}
