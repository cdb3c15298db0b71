/** 10 to the n, for as long as a double holds it exactly. */
export const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${n}`))

/** Whether all four bytes of a word are digits. */
export function areDigits(word: number): boolean {
  return ((word & 0xf0f0f0f0) | (((word + 0x06060606) & 0xf0f0f0f0) >>> 4)) === 0x33333333
}

/** The number that a word of four digits says. (Two steps of pairs, as in simdjson.) */
export function four(word: number): number {
  const pairs = (Math.imul(word & 0x0f0f0f0f, 2561) >>> 8) & 0x00ff00ff
  return Math.imul(pairs, 6553601) >>> 16
}

/** The sum of a whole number and a fraction that may be off by its last bit; NaN where that bit matters. */
export function sum(whole: number, fraction: number): number {
  const off = fraction * Number.EPSILON
  const least = whole + (fraction - off)
  return least === whole + (fraction + off) ? least : Number.NaN
}

/**
 * Whether a JSON number's text says the same number as the double nearest to it does when written back, so that the
 * text need not be kept.
 */
export function writesBack(text: string, value: number): boolean {
  const written = String(value)
  return written === text || canonical(written) === canonical(text)
}

/** Sign, digits without zeros at either end, and power of ten: equal for equal numbers however written. */
function canonical(text: string): string {
  const negative = text.startsWith('-')
  const [mantissa = '', power = '0'] = text.slice(negative ? 1 : 0).split(/[eE]/)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = withoutTail(digits)
  if (significant === '') return '0'
  const exponent = Number(power) - fraction.length + (digits.length - significant.length)
  return `${negative ? '-' : ''}${significant}e${exponent}`
}

/** Without the zeros at the end. (A regular expression would be quadratic.) */
function withoutTail(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}
