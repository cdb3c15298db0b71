import type { Json } from './event.ts'
import { flags, signed, words } from './slab.ts'
import { copy, hashOf, same, viewOf } from './words.ts'

/** The cell is a number: look into `numbers`. */
export const NUMBER = 0
export const NULL = 1
export const FALSE = 2
export const TRUE = 3
/** Codes from here on are texts of the dictionary. */
export const FIRST_TEXT = 4

/** After so many strangers in a row a text is added unshared: colliding texts (a hash flood) cost no more than this. */
const PROBES = 64
/** From so many bytes on a native copy is faster than its call costs. */
const LONG = 128
/** So few bytes come from Node's pool: of small batches there are many, and they are short-lived. */
const SMALL = 2048

/**
 * The distinct texts of a batch: UTF-8 bytes one after another in an arena, and a hash table over them. A text is
 * known by its code. A text is either a string or JSON (an array, an empty object, or a number that no double holds
 * exactly). Codes are not canonical: two codes may hold equal texts, so whoever groups by code must merge by text.
 *
 * Codes 0–3 are the constants {@link NUMBER}, {@link NULL}, {@link FALSE}, {@link TRUE}, so that a predicate computed
 * once per code covers every cell that is not a number.
 */
export class Dictionary {
  /** Codes in use; at least {@link FIRST_TEXT}. */
  size: number = FIRST_TEXT
  /** Bytes in use. */
  used = 0
  /** All texts, end to end. Text of code c is bytes[offsets[c]] to bytes[offsets[c + 1]]. */
  bytes: Buffer
  /** The same as words. */
  view: DataView
  offsets: Uint32Array
  /** 1 where the text is JSON, 0 where it is a string. */
  json: Uint8Array
  #hashes: Int32Array
  #table: Uint32Array
  #mask: number
  /** How many codes the table knows. */
  #shared = 0
  readonly #texts: (string | undefined)[] = []

  /**
   * @param texts how many texts to make room for at first; it grows as needed
   * @param bytes of all of them
   */
  constructor(texts = 64, bytes: number = texts * 16) {
    const room = texts + FIRST_TEXT
    this.bytes = roomOf(bytes)
    this.view = viewOf(this.bytes)
    this.offsets = words(room + 1)
    this.json = flags(room)
    this.#hashes = signed(room)
    let slots = 16
    while (slots < room * 2) slots *= 2
    this.#table = words(slots)
    this.#mask = slots - 1
  }

  /** The code of this string, added if new. */
  string(text: string): number {
    const bytes = Buffer.from(text)
    return this.add(bytes, 0, bytes.length, 0)
  }

  /** The code of this JSON text (compact, valid), added if new. */
  jsonText(text: string): number {
    const bytes = Buffer.from(text)
    return this.add(bytes, 0, bytes.length, 1)
  }

  /** The code of source[start..end), added if new. The bytes must be UTF-8, unescaped where they are a string. */
  add(source: Buffer, start: number, end: number, json: 0 | 1): number {
    const view = viewOf(source)
    return this.addHashed(source, start, end, json, hashOf(view, start, end), view)
  }

  /** As {@link add}, for who has computed the hash (as {@link hashOf} does) on the way. */
  addHashed(
    source: Buffer,
    start: number,
    end: number,
    json: 0 | 1,
    hash: number,
    view: DataView = viewOf(source),
  ): number {
    const length = end - start
    const table = this.#table
    const mask = this.#mask
    let slot = (hash ^ json) & mask
    let probes = PROBES
    for (; probes > 0; probes--) {
      const code = table[slot]!
      if (code === 0) break
      if (this.#hashes[code] === hash && this.json[code] === json) {
        const at = this.offsets[code]!
        if (this.offsets[code + 1]! - at === length && same(this.view, at, view, start, length)) return code
      }
      slot = (slot + 1) & mask
    }
    return this.#append(source, start, length, json, hash, view, probes > 0 ? slot : -1)
  }

  /** Adds a text, known from then on by what stands at this slot of the table; at none if it is -1. */
  #append(
    source: Buffer,
    start: number,
    length: number,
    json: 0 | 1,
    hash: number,
    view: DataView,
    slot: number,
  ): number {
    const code = this.size
    if (code + 1 >= this.offsets.length) this.#growCodes()
    if (this.used + length > this.bytes.length) this.#growBytes(length)
    const at = this.used
    if (length > LONG) this.bytes.set(source.subarray(start, start + length), at)
    else copy(view, start, this.view, at, length)
    this.used = at + length
    this.offsets[code + 1] = this.used
    this.json[code] = json
    this.#hashes[code] = hash
    this.size = code + 1
    if (slot < 0) return code
    this.#table[slot] = code
    if (++this.#shared * 2 > this.#table.length) this.#rehash()
    return code
  }

  /** The code of another dictionary's text, added if new. */
  adopt(other: Dictionary, code: number): number {
    if (code < FIRST_TEXT) return code
    const { bytes, offsets, json } = other
    const hash = other.#hashes[code]!
    return this.addHashed(bytes, offsets[code]!, offsets[code + 1]!, json[code] as 0 | 1, hash, other.view)
  }

  /** As {@link adopt}, but a text known already gets another code. */
  append(other: Dictionary, code: number): number {
    if (code < FIRST_TEXT) return code
    const { bytes, offsets, json } = other
    const start = offsets[code]!
    const length = offsets[code + 1]! - start
    return this.#append(bytes, start, length, json[code] as 0 | 1, other.#hashes[code]!, other.view, -1)
  }

  /** Where the text of this code ends, if it stands in a view at i and more follows before `end`; else -1. */
  after(code: number, view: DataView, i: number, end: number): number {
    const at = this.offsets[code]!
    const length = this.offsets[code + 1]! - at
    return i + length < end && same(view, i, this.view, at, length) ? i + length : -1
  }

  /** The text of a code ≥ {@link FIRST_TEXT}, decoded once. */
  text(code: number): string {
    const known = this.#texts[code]
    if (known !== undefined) return known
    const text = this.bytes.toString('utf8', this.offsets[code]!, this.offsets[code + 1]!)
    this.#texts[code] = text
    return text
  }

  /** Bytes of a code's text. */
  lengthOf(code: number): number {
    return this.offsets[code + 1]! - this.offsets[code]!
  }

  /** The value a cell of this code holds; arrays are parsed anew each time. The code must not be {@link NUMBER}. */
  value(code: number): Json {
    switch (code) {
      case NULL:
        return null
      case FALSE:
        return false
      case TRUE:
        return true
      default:
        return this.json[code] === 1 ? (JSON.parse(this.text(code)) as Json) : this.text(code)
    }
  }

  #growCodes(): void {
    const room = this.json.length * 2
    this.offsets = grown(this.offsets, words(room + 1))
    this.json = grown(this.json, flags(room))
    this.#hashes = grown(this.#hashes, signed(room))
  }

  #growBytes(length: number): void {
    const bytes = roomOf(Math.max(this.bytes.length * 2, this.used + length))
    this.bytes.copy(bytes, 0, 0, this.used)
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  #rehash(): void {
    const table = words(this.#table.length * 2)
    const mask = table.length - 1
    for (const code of this.#table) {
      if (code === 0) continue
      const hash = this.#hashes[code]!
      let slot = (hash ^ this.json[code]!) & mask
      let probes = PROBES
      while (table[slot] !== 0 && --probes > 0) slot = (slot + 1) & mask
      if (probes > 0) table[slot] = code
    }
    this.#table = table
    this.#mask = mask
  }
}

function roomOf(bytes: number): Buffer {
  return bytes < SMALL ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes)
}

function grown<T extends Uint8Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
