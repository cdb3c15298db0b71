import type { Comparison } from '@telltale/query'
import { MAX_ROWS } from '../chunk.ts'
import type { Numbers } from '../numbers.ts'

/** The doubles from low to high, both included. */
export interface Interval {
  readonly low: number
  readonly high: number
}

const LEAST = Number.NEGATIVE_INFINITY
const MOST = Number.POSITIVE_INFINITY
export const EVERY_NUMBER: readonly Interval[] = [{ low: LEAST, high: MOST }]

/** The numbers for which `number op bound` is true. */
export function intervalsOf(op: Comparison, bound: number): readonly Interval[] {
  switch (op) {
    case '=':
      return [{ low: bound, high: bound }]
    case '!=':
      return [
        { low: LEAST, high: before(bound) },
        { low: after(bound), high: MOST },
      ]
    case '<':
      return [{ low: LEAST, high: before(bound) }]
    case '<=':
      return [{ low: LEAST, high: bound }]
    case '>':
      return [{ low: after(bound), high: MOST }]
    case '>=':
      return [{ low: bound, high: MOST }]
  }
}

/** Whether a column with these numbers can hold one of them at all. */
export function touches(intervals: readonly Interval[], numbers: Numbers): boolean {
  return intervals.some(({ low, high }) => low <= numbers.max && high >= numbers.min)
}

/**
 * Sets the hit of each cell's row: 1 where its number lies in one of the intervals, else 0. `rows`: as of a column;
 * where there are some, hits must be 0.
 */
export function within(
  intervals: readonly Interval[],
  numbers: Numbers,
  count: number,
  rows: Uint16Array | undefined,
  hits: Uint8Array,
): void {
  const { offsets } = numbers
  const [first] = intervals
  if (offsets !== undefined && intervals.length === 1) {
    const low = offsetOf(first!.low, numbers)
    const high = numbers.scale === 0 ? first!.high : offsetOf(after(first!.high), numbers) - 1
    // Copied first, so that offsets of any width are read in one loop made for one kind of array.
    const wide = room
    wide.set(offsets.subarray(0, count))
    if (rows === undefined) for (let i = 0; i < count; i++) hits[i] = wide[i]! >= low && wide[i]! <= high ? 1 : 0
    else for (let i = 0; i < count; i++) if (wide[i]! >= low && wide[i]! <= high) hits[rows[i]!] = 1
    return
  }
  for (let i = 0; i < count; i++) {
    const value = numbers.at(i)
    hits[rows === undefined ? i : rows[i]!] = intervals.some(({ low, high }) => value >= low && value <= high) ? 1 : 0
  }
}

const room = new Float64Array(MAX_ROWS)
const OFFSETS = 2 ** 32

/** The least offset whose number is at least `bound`: numbers rise with their offsets. */
function offsetOf(bound: number, { base, scale }: Numbers): number {
  if (scale === 0) return bound
  let low = 0
  let high = OFFSETS
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((base + middle) / scale < bound) low = middle + 1
    else high = middle
  }
  return low
}

const DOUBLE = new Float64Array(1)
const BITS = new BigInt64Array(DOUBLE.buffer)

/** The least double above. */
export function after(value: number): number {
  if (value === MOST) return MOST
  if (value === 0) return Number.MIN_VALUE
  DOUBLE[0] = value
  BITS[0]! += value > 0 ? 1n : -1n
  return DOUBLE[0]
}

/** The greatest double below. */
export function before(value: number): number {
  return -after(-value)
}
