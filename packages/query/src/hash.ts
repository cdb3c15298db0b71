const ENCODER = new TextEncoder()
let buffer = new Uint8Array(1024)

/** Two independent 32-bit hashes of a text's UTF-8 bytes: xxHash32 and MurmurHash3 (x86, 32 bit), seed 0, as ClickHouse's functions of those names. */
export function hashText(text: string): [xx: number, murmur: number] {
  const end = encode(text)
  return [xxHash32(buffer, end), murmurHash3(buffer, end)]
}

/** Writes the text's bytes into the buffer. @returns how many */
function encode(text: string): number {
  const { length } = text
  if (buffer.length < length * 3) buffer = new Uint8Array(length * 3)
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return ENCODER.encodeInto(text, buffer).written
    buffer[i] = unit
  }
  return length
}

/** Four hex digits in upper case, the first in the lowest byte. */
function digits(word: number): number {
  const nibbles = (word >>> 12) | (word & 0xf00) | ((word & 0xf0) << 12) | ((word & 0xf) << 24)
  const letters = ((nibbles + 0x06060606) >>> 4) & 0x01010101
  return nibbles + 0x30303030 + letters * 7
}

/**
 * xxHash32 of a number's identity (identity.ts): an n and the 16 hex digits of the double's bits, given as its two words.
 * Seventeen bytes, so it is a fixed chain over four words and a byte. As a signed integer.
 */
export function xxHashBits(high: number, low: number): number {
  const a = digits(high >>> 16)
  const b = digits(high & 0xffff)
  const c = digits(low >>> 16)
  const d = digits(low & 0xffff)
  let hash = turn(lane((P1 + P2) | 0, 0x6e | (a << 8)), 1)
  hash = (hash + turn(lane(P2 | 0, (a >>> 24) | (b << 8)), 7)) | 0
  hash = (hash + turn(lane(0, (b >>> 24) | (c << 8)), 12)) | 0
  hash = (hash + turn(lane(-P1 | 0, (c >>> 24) | (d << 8)), 18) + 17) | 0
  hash = Math.imul(turn((hash + Math.imul(d >>> 24, P5)) | 0, 11), P1)
  hash = Math.imul(hash ^ (hash >>> 15), P2)
  hash = Math.imul(hash ^ (hash >>> 13), P3)
  return hash ^ (hash >>> 16)
}

/** MurmurHash3 of the same. */
export function murmurHashBits(high: number, low: number): number {
  const a = digits(high >>> 16)
  const b = digits(high & 0xffff)
  const c = digits(low >>> 16)
  const d = digits(low & 0xffff)
  let hash = mixed(0, 0x6e | (a << 8))
  hash = mixed(hash, (a >>> 24) | (b << 8))
  hash = mixed(hash, (b >>> 24) | (c << 8))
  hash = mixed(hash, (c >>> 24) | (d << 8)) ^ scramble(d >>> 24) ^ 17
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function mixed(hash: number, word: number): number {
  return (Math.imul(turn(hash ^ scramble(word), 13), 5) + 0xe6546b64) | 0
}

const P1 = 0x9e3779b1
const P2 = 0x85ebca77
const P3 = 0xc2b2ae3d
const P4 = 0x27d4eb2f
const P5 = 0x165667b1

function xxHash32(bytes: Uint8Array, end: number = bytes.length): number {
  let at = 0
  let hash: number
  if (end >= 16) {
    let a = (P1 + P2) | 0
    let b = P2 | 0
    let c = 0
    let d = -P1 | 0
    for (; at + 16 <= end; at += 16) {
      a = lane(a, word(bytes, at))
      b = lane(b, word(bytes, at + 4))
      c = lane(c, word(bytes, at + 8))
      d = lane(d, word(bytes, at + 12))
    }
    hash = (turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18)) | 0
  } else hash = P5 | 0
  hash = (hash + end) | 0
  for (; at + 4 <= end; at += 4) hash = Math.imul(turn((hash + Math.imul(word(bytes, at), P3)) | 0, 17), P4)
  for (; at < end; at++) hash = Math.imul(turn((hash + Math.imul(bytes[at]!, P5)) | 0, 11), P1)
  hash = Math.imul(hash ^ (hash >>> 15), P2)
  hash = Math.imul(hash ^ (hash >>> 13), P3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function lane(sum: number, value: number): number {
  return Math.imul(turn((sum + Math.imul(value, P2)) | 0, 13), P1)
}

function murmurHash3(bytes: Uint8Array, end: number = bytes.length): number {
  let hash = 0
  let at = 0
  for (; at + 4 <= end; at += 4) hash = (Math.imul(turn(hash ^ scramble(word(bytes, at)), 13), 5) + 0xe6546b64) | 0
  let rest = 0
  for (let i = end - 1; i >= at; i--) rest = (rest << 8) | bytes[i]!
  hash ^= scramble(rest) ^ end
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(value: number): number {
  return Math.imul(turn(Math.imul(value, 0xcc9e2d51), 15), 0x1b873593)
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function turn(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
