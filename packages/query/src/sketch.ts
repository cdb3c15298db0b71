/**
 * Quantiles within 1/256 of their value: DDSketch (Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile
 * Sketch with Relative-Error Guarantees", VLDB 2019) with the linearly interpolated mapping, so that a bucket is simply
 * the top 19 bits of the double: sign, exponent, 7 bits of mantissa. The state is counts per bucket, so whoever counts,
 * in whatever order, gets the very same quantile.
 */
export interface Sketch {
  /** Values counted. */
  n: number
  /** 0 while n is. */
  min: number
  max: number
  /** How many values lie in each bucket, see {@link bucketOf}. */
  counts: Record<number, number>
}

/** A double's high word, shifted right by this, is its bucket. The whole 64 bits: `>> 45`, the sign taken as the highest of 19 bits. */
export const BUCKET_SHIFT = 13
/** Buckets are below this; those from half of it on hold negative numbers. */
export const BUCKETS: number = 1 << 19
const NEGATIVE = BUCKETS / 2

const DOUBLE = new Float64Array(1)
const WORDS = new Uint32Array(DOUBLE.buffer)

/** The bucket of a number, in [0, {@link BUCKETS}). −0 counts as 0. */
export function bucketOf(value: number): number {
  DOUBLE[0] = value === 0 ? 0 : value
  return WORDS[1]! >>> BUCKET_SHIFT
}

/** The middle of a bucket; 0 for the two that hold 0 and what is too small to tell apart from it. */
export function bucketMiddle(bucket: number): number {
  if (bucket % NEGATIVE === 0) return 0
  WORDS[0] = 0
  WORDS[1] = ((bucket << BUCKET_SHIFT) | (1 << (BUCKET_SHIFT - 1))) >>> 0
  return DOUBLE[0]!
}

/** The end of a bucket that is nearer to 0. */
export function bucketFloor(bucket: number): number {
  WORDS[0] = 0
  WORDS[1] = (bucket << BUCKET_SHIFT) >>> 0
  return DOUBLE[0] === 0 ? 0 : DOUBLE[0]!
}

export function newSketch(): Sketch {
  return { n: 0, min: 0, max: 0, counts: {} }
}

/** Counts one finite number. */
export function addToSketch(sketch: Sketch, value: number): void {
  const bucket = bucketOf(value)
  sketch.counts[bucket] = (sketch.counts[bucket] ?? 0) + 1
  if (sketch.n++ === 0) sketch.min = sketch.max = value
  else if (value < sketch.min) sketch.min = value
  else if (value > sketch.max) sketch.max = value
}

/** Both together, as a new sketch. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  if (a.n === 0) return copy(b)
  if (b.n === 0) return copy(a)
  const merged = copy(a)
  merged.n += b.n
  merged.min = Math.min(a.min, b.min)
  merged.max = Math.max(a.max, b.max)
  for (const bucket in b.counts) merged.counts[bucket] = (merged.counts[bucket] ?? 0) + b.counts[bucket]!
  return merged
}

function copy(sketch: Sketch): Sketch {
  return { ...sketch, counts: { ...sketch.counts } }
}

/** The buckets that hold something, by rising value. */
export function bucketsOf(sketch: Sketch): number[] {
  const all = Object.keys(sketch.counts).map(Number)
  const below = all.filter(bucket => bucket >= NEGATIVE).sort((a, b) => b - a)
  return below.concat(all.filter(bucket => bucket < NEGATIVE).sort((a, b) => a - b))
}

/** The value of rank ceil(q·n), at least 1, to within 1/256 of it; null where nothing was counted. */
export function quantileOf(sketch: Sketch, q: number): number | null {
  const { n, min, max, counts } = sketch
  if (n === 0) return null
  // 0.07 · 100 is 7.000000000000001 in doubles: the rank must not move for that.
  const rank = Math.max(1, Math.ceil(Number((q * n).toPrecision(14))))
  let seen = 0
  for (const bucket of bucketsOf(sketch)) {
    seen += counts[bucket]!
    if (seen >= rank) return Math.min(max, Math.max(min, bucketMiddle(bucket)))
  }
  return max
}
