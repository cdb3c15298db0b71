/** 10 to the n, for as long as a double holds it exactly. */
export const POWERS: readonly number[] = Array.from({ length: 23 }, (_, n) => Number(`1e${n}`))

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
