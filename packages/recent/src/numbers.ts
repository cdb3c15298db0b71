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

/** The first `count` of these numbers in the least room that keeps each exactly. NaN marks a cell without one. */
export function seal(values: Float64Array, count: number): Numbers {
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
  if (holes === count) return new Numbers(undefined, 0, 0, Number.NaN, Number.NaN)
  if (min === max && min !== 0) return new Numbers(undefined, 0, 0, min, max)
  for (let at = firstScale(values, count); at < SCALES.length; at++) {
    const scale = SCALES[at]!
    const packed = pack(values, count, min, max, scale)
    if (packed !== undefined) return new Numbers(packed, Math.round(min * scale), scale, min, max)
  }
  return new Numbers(asFloats(values, count), 0, 0, min, max)
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

function pack(values: Float64Array, count: number, min: number, max: number, scale: number): Offsets | undefined {
  const base = Math.round(min * scale)
  const span = Math.round(max * scale) - base
  if (!(span <= 0xffffffff) || Math.abs(base) + span > Number.MAX_SAFE_INTEGER) return undefined
  const offsets: Offsets =
    span <= 0xff ? new Uint8Array(count) : span <= 0xffff ? new Uint16Array(count) : new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value !== value) continue
    const whole = Math.round(value * scale)
    if (whole / scale !== value || (whole === 0 && 1 / value < 0)) return undefined
    offsets[i] = whole - base
  }
  return offsets
}

function asFloats(values: Float64Array, count: number): Offsets {
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    if (value === value && Math.fround(value) !== value) return values.slice(0, count)
  }
  return new Float32Array(values.subarray(0, count))
}
