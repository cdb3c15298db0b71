/** How the numbers of a column may be kept: as they are, or as small offsets from a base. */
export type Offsets = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array

/**
 * The numbers of a column, one a cell. Most numbers of production are decimals with few digits, so each is kept as an
 * integer: number = (base + offset) / scale, where every one of them comes back exactly; else as doubles.
 * (Frame of reference; for decimals as in ALP, Afroozeh, Kuffo and Boncz 2023.) Where a cell holds no number its
 * offset means nothing, except in doubles, where it is NaN.
 */
export class Numbers {
  /** Undefined where all are `min`. */
  readonly offsets: Offsets | undefined
  readonly base: number
  /** 0 where the offsets are the numbers themselves. */
  readonly scale: number
  readonly min: number
  readonly max: number

  constructor(offsets: Offsets | undefined, base: number, scale: number, min: number, max: number) {
    this.offsets = offsets
    this.base = base
    this.scale = scale
    this.min = min
    this.max = max
  }

  get byteLength(): number {
    return this.offsets?.byteLength ?? 0
  }

  at(i: number): number {
    const { offsets, scale } = this
    if (offsets === undefined) return this.min
    return scale === 0 ? offsets[i]! : (this.base + offsets[i]!) / scale
  }
}

/** Numbers still growing. */
export function open(values: Float64Array): Numbers {
  return new Numbers(values, 0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
}

const SCALES = [1, 10, 100, 1e3, 1e4, 1e5, 1e6]
const PROBES = 64

/**
 * The first `count` of these numbers in the least room that keeps each exactly. NaN marks a cell without one. Each loop
 * here has a function of its own: V8 then compiles it once, and not the way up to what was never run so far.
 */
export function seal(values: Float64Array, count: number): Numbers {
  const { min, max, holes } = extent(values, count)
  if (holes === count) return new Numbers(undefined, 0, 0, Number.NaN, Number.NaN)
  if (min === max && min !== 0) return new Numbers(undefined, 0, 0, min, max)
  for (let at = firstScale(values, count); at < SCALES.length; at++) {
    const scale = SCALES[at]!
    const packed = pack(values, count, min, max, scale)
    if (packed !== undefined) return new Numbers(packed, Math.round(min * scale), scale, min, max)
  }
  const floats = areFloats(values, count) ? new Float32Array(values.subarray(0, count)) : values.slice(0, count)
  return new Numbers(floats, 0, 0, min, max)
}

function extent(values: Float64Array, count: number): { min: number; max: number; holes: number } {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let holes = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value !== value) holes++
    else {
      if (value < min) min = value
      if (value > max) max = value
    }
  }
  return { min, max, holes }
}

/** The smallest scale at which some probes are whole. */
function firstScale(values: Float64Array, count: number): number {
  const step = Math.max(1, Math.floor(count / PROBES))
  let at = 0
  for (let i = 0; i < count; i += step) {
    const value = values[i]!
    if (value !== value) continue
    while (Math.round(value * SCALES[at]!) / SCALES[at]! !== value) if (++at === SCALES.length) return at
  }
  return at
}

/** Where offsets are made, before it is said how wide they must be. */
let scratch = new Uint32Array(0)

function pack(values: Float64Array, count: number, min: number, max: number, scale: number): Offsets | undefined {
  const base = Math.round(min * scale)
  const span = Math.round(max * scale) - base
  if (!(span <= 0xffffffff) || Math.abs(base) + span > Number.MAX_SAFE_INTEGER) return undefined
  if (scratch.length < count) scratch = new Uint32Array(count)
  if (!shift(values, count, base, scale, scratch)) return undefined
  const offsets = scratch.subarray(0, count)
  if (span <= 0xff) return new Uint8Array(offsets)
  return span <= 0xffff ? new Uint16Array(offsets) : offsets.slice()
}

/** Writes how far each number is from the base, 0 for what is none. @returns whether each comes back exactly */
function shift(values: Float64Array, count: number, base: number, scale: number, offsets: Uint32Array): boolean {
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value !== value) {
      offsets[i] = 0
      continue
    }
    const whole = Math.round(value * scale)
    if (whole / scale !== value || (whole === 0 && 1 / value < 0)) return false
    offsets[i] = whole - base
  }
  return true
}

function areFloats(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value === value && Math.fround(value) !== value) return false
  }
  return true
}
