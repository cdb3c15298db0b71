import { BACKSLASH, QUOTE } from './lexer.ts'

const HEX = '0123456789abcdef'

/** The letter after the backslash for each byte that JSON must escape: `u` for \u00xx, 0 for bytes that need none. */
export const ESCAPES: Uint8Array = new Uint8Array(256)
ESCAPES.fill(0x75, 0, 0x20)
for (const [byte, letter] of [
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
] as const)
  ESCAPES[byte] = letter.charCodeAt(0)

/** Writes source[from..to), UTF-8, as a JSON string into out at n, as JSON.stringify does. There must be room for 6 bytes a byte, and 2. */
export function escapeInto(out: Buffer, n: number, source: Buffer, from: number, to: number): number {
  out[n++] = QUOTE
  for (let i = from; i < to; i++) {
    const b = source[i]!
    const letter = ESCAPES[b]!
    if (letter === 0) {
      out[n++] = b
      continue
    }
    out[n++] = BACKSLASH
    out[n++] = letter
    if (letter !== 0x75) continue
    out[n++] = 0x30
    out[n++] = 0x30
    out[n++] = HEX.charCodeAt(b >> 4)
    out[n++] = HEX.charCodeAt(b & 15)
  }
  out[n++] = QUOTE
  return n
}
