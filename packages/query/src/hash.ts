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

/** The words of the last value looked at by {@link wordsOf}, or of the last hash made, the higher first. */
export const WORDS: Uint32Array = new Uint32Array(2)

/**
 * What stands for a value, as 64 bits into {@link WORDS}: the bits of a number (−0 counts as 0), both hashes of a text, or
 * a NaN of their own for true and false. Numbers never collide with each other.
 */
export function wordsOf(value: string | number | boolean): void {
  if (typeof value === 'number') wordsOfNumber(value)
  else if (typeof value === 'string') [WORDS[0], WORDS[1]] = hashText(value)
  else {
    WORDS[0] = 0x7ff80000
    WORDS[1] = value ? 2 : 1
  }
}

/** As {@link wordsOf}. */
export function wordsOfNumber(value: number): void {
  DOUBLE[0] = value === 0 ? 0 : value
  WORDS[0] = BITS[1]!
  WORDS[1] = BITS[0]!
}

/** The number that words stand for; NaN, or any other number, where they stand for something else. */
export function numberOf(high: number, low: number): number {
  BITS[1] = high
  BITS[0] = low
  return DOUBLE[0]!
}

const DOUBLE = new Float64Array(1)
const BITS = new Uint32Array(DOUBLE.buffer)

/** Hashes words into {@link WORDS} as ClickHouse's uniqCombined64 does a UInt64: MurmurHash3's fmix64. */
export function mix(high: number, low: number): void {
  times(high, low ^ (high >>> 1), 0xff51afd7, 0xed558ccd)
  times(WORDS[0]!, WORDS[1]! ^ (WORDS[0]! >>> 1), 0xc4ceb9fe, 0x1a85ec53)
  WORDS[1]! ^= WORDS[0]! >>> 1
}

/** The words, into {@link WORDS}, that {@link mix} made this of: each step is its own way back but for the factors. */
export function unmix(high: number, low: number): void {
  times(high, low ^ (high >>> 1), 0x9cb4b2f8, 0x129337db)
  times(WORDS[0]!, WORDS[1]! ^ (WORDS[0]! >>> 1), 0x4f74430c, 0x22a54005)
  WORDS[1]! ^= WORDS[0]! >>> 1
}

/** The lower 64 bits of a product of 64-bit numbers, from 16 bits by 16. */
function times(high: number, low: number, byHigh: number, byLow: number): void {
  const [a, b, c, d] = [low >>> 16, low & 0xffff, byLow >>> 16, byLow & 0xffff]
  const [ad, bc] = [Math.imul(a, d), Math.imul(b, c)]
  const middle = (Math.imul(b, d) >>> 16) + (ad & 0xffff) + (bc & 0xffff)
  const carried = Math.imul(a, c) + (ad >>> 16) + (bc >>> 16) + (middle >>> 16)
  WORDS[0] = carried + Math.imul(low, byHigh) + Math.imul(high, byLow)
  WORDS[1] = Math.imul(low, byLow)
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
