import { BACKSLASH, QUOTE } from './lexer.ts'
import { first, specials } from './words.ts'

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

/** Bytes, and the same as words. */
export interface Bytes {
  readonly bytes: Buffer
  readonly view: DataView
}

/** Writes from[start..end), UTF-8, as a JSON string into out at n, as JSON.stringify does. There must be room for 6 bytes a byte, and 2. */
export function escapeInto(out: Bytes, n: number, from: Bytes, start: number, end: number): number {
  const { bytes, view } = out
  const source = from.view
  bytes[n++] = QUOTE
  let i = start
  for (const last = end - 4; i <= last; ) {
    const word = source.getInt32(i, true)
    view.setInt32(n, word, true)
    const special = specials(word)
    const plain = special === 0 ? 4 : first(special)
    i += plain
    n += plain
    if (plain < 4) n = escapeByte(bytes, n, from.bytes[i++]!)
  }
  for (; i < end; i++) n = escapeByte(bytes, n, from.bytes[i]!)
  bytes[n++] = QUOTE
  return n
}

function escapeByte(out: Buffer, n: number, b: number): number {
  const letter = ESCAPES[b]!
  if (letter === 0) {
    out[n++] = b
    return n
  }
  out[n++] = BACKSLASH
  out[n++] = letter
  if (letter !== 0x75) return n
  out[n++] = 0x30
  out[n++] = 0x30
  out[n++] = HEX.charCodeAt(b >> 4)
  out[n++] = HEX.charCodeAt(b & 15)
  return n
}
