import type { Scalar } from './tree.ts'

/** Strings by code point. (JavaScript's own `<` goes by UTF-16 unit, which puts U+1F600 before U+FF5E.) */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others, so they move behind U+E000…U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** The order of keys and of sorted results: numbers, strings, booleans, null. */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (a === b) return 0
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : 1
  const byType = typeRank(a) - typeRank(b)
  if (byType !== 0) return byType
  if (typeof a === 'string') return compareText(a, b as string)
  return a === b ? 0 : (a as number) < (b as number) ? -1 : 1
}

function typeRank(value: Scalar): number {
  if (value === null) return 3
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2
}

/** The orders of several keys, first difference decides. */
export function compareKeys(a: readonly Scalar[], b: readonly Scalar[]): number {
  for (let i = 0; i < a.length; i++) {
    const order = compareScalars(a[i]!, b[i]!)
    if (order !== 0) return order
  }
  return 0
}

/** The key of a group in a partial result. Equal for equal values; 1 and "1" differ; −0 is 0. */
export function groupKey(values: readonly Scalar[]): string {
  let key = '['
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (i > 0) key += ','
    key += typeof value === 'string' && !ESCAPED.test(value) ? `"${value}"` : JSON.stringify(value)
  }
  return `${key}]`
}

/** What JSON escapes. */
const ESCAPED = /["\\\p{Cc}\p{Cs}]/u

/** A value as it is used for a key, or counted as distinct: an array is its compact JSON text, −0 is 0. */
export function scalarOf(value: Scalar | readonly unknown[]): Scalar {
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  return value === 0 ? 0 : value
}
