/**
 * Texts are hashed and compared a word of four bytes at a time, little endian; what is left at a text's end is hashed
 * as a word padded with zeros. A hash is SEED mixed with each word in turn, then finished with the length.
 * (The mixing is that of MurmurHash3, Appleby 2011, without its first multiplication.)
 */
export const SEED: number = 0x811c9dc5 | 0

export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return (mixed << 15) | (mixed >>> 17)
}

export function finish(hash: number, length: number): number {
  const mixed = Math.imul(hash ^ length, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

/** The hash of bytes[from..to). */
export function hashOf(bytes: DataView, from: number, to: number): number {
  let hash = SEED
  let i = from
  for (const last = to - 4; i <= last; i += 4) hash = mix(hash, bytes.getInt32(i, true))
  if (i < to) {
    let word = 0
    for (let shift = 0; i < to; i++, shift += 8) word |= bytes.getUint8(i) << shift
    hash = mix(hash, word)
  }
  return finish(hash, to - from)
}

/** Whether `length` bytes of a from i on are those of b from k on. */
export function same(a: DataView, i: number, b: DataView, k: number, length: number): boolean {
  if (length < 4) {
    for (let n = 0; n < length; n++) if (a.getUint8(i + n) !== b.getUint8(k + n)) return false
    return true
  }
  const last = length - 4
  for (let n = 0; n < last; n += 4) if (a.getInt32(i + n, true) !== b.getInt32(k + n, true)) return false
  return a.getInt32(i + last, true) === b.getInt32(k + last, true)
}

/** Copies `length` bytes of `from` from i on into `to` from k on. They must not overlap. */
export function copy(from: DataView, i: number, to: DataView, k: number, length: number): void {
  if (length < 4) {
    for (let n = 0; n < length; n++) to.setUint8(k + n, from.getUint8(i + n))
    return
  }
  const last = length - 4
  for (let n = 0; n < last; n += 4) to.setInt32(k + n, from.getInt32(i + n, true), true)
  to.setInt32(k + last, from.getInt32(i + last, true), true)
}

/** A high bit at the first byte of a word that may not stand bare in a string or ends it, and some after it; 0 without one. */
export function specials(word: number): number {
  const quote = word ^ 0x22222222
  const backslash = word ^ 0x5c5c5c5c
  const zeros = ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash)
  return (zeros | ((word - 0x20202020) & ~word)) & 0x80808080
}

/** Which byte of a word the lowest of these bits is in. */
export function first(special: number): number {
  return (31 - Math.clz32(special & -special)) >> 3
}

/** The bytes as words. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Bytes to be met again and again. */
export class Word {
  readonly bytes: Buffer
  readonly view: DataView
  readonly length: number

  constructor(text: string) {
    this.bytes = Buffer.from(text)
    this.view = viewOf(this.bytes)
    this.length = this.bytes.length
  }
}
