import { mix, same, viewOf } from './words.ts'

/** A string as it was written between its quotes, and what that says. */
interface Known {
  readonly raw: DataView
  readonly text: Buffer
  readonly view: DataView
  /** Of the text. */
  readonly hash: number
}

const SLOTS = 256
/** Shorter strings are read as fast as they are found; longer ones are not kept. In bytes. */
const LEAST = 32
const MOST = 4096

/**
 * Strings with escapes that come again and again (backtraces, paths), found by their bytes as they were written, so
 * that they need not be unescaped anew. One that is new is kept when it comes the second time.
 */
export class Unescaped {
  readonly #known: (Known | undefined)[] = Array(SLOTS).fill(undefined)
  /** The hash of the text that came last to each slot. */
  readonly #last: Int32Array = new Int32Array(SLOTS)
  #slot = -1

  /**
   * The string that begins at `from`, if it is known.
   * @param at where its first escape is
   * @param hash of what stands before that
   * @param end where it must have ended, its quote included
   */
  find(view: DataView, from: number, at: number, hash: number, end: number): Known | undefined {
    this.#slot = -1
    if (at + 8 > end) return undefined
    const key = mix(mix(hash, view.getInt32(at, true)), view.getInt32(at + 4, true))
    this.#slot = (key ^ (key >>> 16)) & (SLOTS - 1)
    const known = this.#known[this.#slot]
    if (known === undefined) return undefined
    const length = known.raw.byteLength
    if (from + length >= end || view.getUint8(from + length) !== 0x22) return undefined
    return same(view, from, known.raw, 0, length) ? known : undefined
  }

  /** Says what the string that was not found last is: bytes[from..to) say text[0..length). */
  learn(bytes: Buffer, from: number, to: number, text: Buffer, length: number, hash: number): void {
    const slot = this.#slot
    if (slot < 0 || to - from < LEAST || to - from > MOST) return
    if (this.#last[slot] !== hash) {
      this.#last[slot] = hash
      return
    }
    const raw = Buffer.from(bytes.subarray(from, to))
    const own = Buffer.from(text.subarray(0, length))
    this.#known[slot] = { raw: viewOf(raw), text: own, view: viewOf(own), hash }
  }
}
