/**
 * What tells that a disk changed a line: behind the lines of each group that was written stands one more,
 * `{"sums":"…"}`. In it, in base64 and as little-endian 32-bit words: the seq of the group's first event (low word, high
 * word), the sum of each of its lines with their newline, the sum of all these words.
 */
export interface Sums {
  /** The seq of the first event. */
  from: number
  /** One per event. */
  sums: Uint32Array
}

const HEAD = '{"sums":"'
const TAIL = '"}\n'
const MARK = Buffer.from(HEAD)
const NEWLINE = 10
const WORD = 2 ** 32

/** The line that stands behind a group. @param groups whole lines, of events whose seq rises by one */
export function sumsLine(groups: readonly Buffer[], from: number, events: number): Buffer {
  const words = new Uint32Array(events + 3)
  words[0] = from % WORD
  words[1] = Math.floor(from / WORD)
  let next = 2
  for (const lines of groups) {
    const view = viewOf(lines)
    for (let at = 0; at < lines.length; ) {
      const end = lines.indexOf(NEWLINE, at) + 1
      words[next++] = xxh32(view, at, end)
      at = end
    }
  }
  const bytes = Buffer.from(words.buffer)
  words[next] = xxh32(viewOf(bytes), 0, next * 4)
  return Buffer.from(`${HEAD}${bytes.toString('base64')}${TAIL}`)
}

export function isSums(lines: Buffer, at: number): boolean {
  return lines.compare(MARK, 0, MARK.length, at, Math.min(at + MARK.length, lines.length)) === 0
}

/** Undefined where the line is damaged itself. */
export function sumsOf(line: Buffer): Sums | undefined {
  const text = line.toString('latin1')
  if (!text.startsWith(HEAD) || !text.endsWith(TAIL)) return undefined
  const bytes = Buffer.from(text.slice(HEAD.length, -TAIL.length), 'base64')
  if (bytes.length < 12 || bytes.length % 4 > 0) return undefined
  const view = viewOf(bytes)
  const count = bytes.length / 4
  if (xxh32(view, 0, bytes.length - 4) !== view.getUint32(bytes.length - 4, true)) return undefined
  const sums = new Uint32Array(count - 3)
  for (let i = 0; i < sums.length; i++) sums[i] = view.getUint32(8 + 4 * i, true)
  return { from: view.getUint32(0, true) + view.getUint32(4, true) * WORD, sums }
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

const P1 = 0x9e3779b1 | 0
const P2 = 0x85ebca77 | 0
const P3 = 0xc2b2ae3d | 0
const P4 = 0x27d4eb2f | 0
const P5 = 0x165667b1 | 0

/** XXH32 with seed 0 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md) of bytes [from, to). A call per line of zlib.crc32 takes three times as long. */
export function xxh32(view: DataView, from: number, to: number): number {
  let at = from
  let sum = P5
  if (to - from >= 16) {
    let a = (P1 + P2) | 0
    let b = P2
    let c = 0
    let d = -P1 | 0
    for (const last = to - 16; at <= last; at += 16) {
      a = (a + Math.imul(view.getInt32(at, true), P2)) | 0
      a = Math.imul((a << 13) | (a >>> 19), P1)
      b = (b + Math.imul(view.getInt32(at + 4, true), P2)) | 0
      b = Math.imul((b << 13) | (b >>> 19), P1)
      c = (c + Math.imul(view.getInt32(at + 8, true), P2)) | 0
      c = Math.imul((c << 13) | (c >>> 19), P1)
      d = (d + Math.imul(view.getInt32(at + 12, true), P2)) | 0
      d = Math.imul((d << 13) | (d >>> 19), P1)
    }
    sum = (((a << 1) | (a >>> 31)) + ((b << 7) | (b >>> 25)) + ((c << 12) | (c >>> 20)) + ((d << 18) | (d >>> 14))) | 0
  }
  sum = (sum + (to - from)) | 0
  for (; at + 4 <= to; at += 4) {
    sum = (sum + Math.imul(view.getInt32(at, true), P3)) | 0
    sum = Math.imul((sum << 17) | (sum >>> 15), P4)
  }
  for (; at < to; at++) {
    sum = (sum + Math.imul(view.getUint8(at), P5)) | 0
    sum = Math.imul((sum << 11) | (sum >>> 21), P1)
  }
  sum = Math.imul(sum ^ (sum >>> 15), P2)
  sum = Math.imul(sum ^ (sum >>> 13), P3)
  return (sum ^ (sum >>> 16)) >>> 0
}
