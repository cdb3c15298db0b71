import type { Scalar } from './tree.ts'

const DOUBLE = new Float64Array(1)
const WORDS = new Uint32Array(DOUBLE.buffer)

/**
 * A value as one text that tells its type, equal for equal values and the same in JavaScript and SQL: `s` and the
 * string; `n` and the 16 upper-case hex digits of the double's bits (−0 is 0); `b0` or `b1`. null stays null.
 * In ClickHouse: `concat('n', leftPad(hex(reinterpretAsUInt64(x + 0.)), 16, '0'))`.
 */
export function identityOf(value: Scalar): string | null {
  if (typeof value === 'string') return `s${value}`
  if (typeof value === 'boolean') return value ? 'b1' : 'b0'
  if (value === null) return null
  DOUBLE[0] = value === 0 ? 0 : value
  return `n${hex(WORDS[1]!)}${hex(WORDS[0]!)}`
}

/** The value an identity stands for. */
export function fromIdentity(identity: string | null): Scalar {
  if (identity === null) return null
  const rest = identity.slice(1)
  if (identity[0] === 's') return rest
  if (identity[0] === 'b') return rest === '1'
  WORDS[1] = Number.parseInt(rest.slice(0, 8), 16)
  WORDS[0] = Number.parseInt(rest.slice(8), 16)
  return DOUBLE[0]!
}

function hex(word: number): string {
  return word.toString(16).toUpperCase().padStart(8, '0')
}
