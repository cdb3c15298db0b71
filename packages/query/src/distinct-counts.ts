import { type Distinct, distinctOf, EXACT, hex, placeOf, REGISTERS, raise } from './distinct.ts'
import { HASH, hashNumber, hashOf } from './hash.ts'
import type { Steps } from './steps.ts'

/** Words of bits that are hashed in a step. */
const HASHED = 256
/** Whole numbers below this find their place in a table. */
const SMALL = 1 << 22
/** Bytes that all bit sets of a query may take. */
const BITS = 1 << 25

/**
 * The values counted in bulk, each hashed once and numbered from 1, for all the {@link DistinctCounts} that go with
 * them.
 */
export class DistinctValues {
  #size = 0
  #high: Uint32Array = new Uint32Array(256)
  #low: Uint32Array = new Uint32Array(256)
  /** The places of small whole numbers, 0 where not known yet. */
  #places: Uint32Array = new Uint32Array(0)
  /** Bytes of {@link DistinctCounts}' bit sets. */
  #bits = 0
  /** The number of a small whole number, 0 where it has none yet. */
  #small: Uint32Array = new Uint32Array(256)
  /** Spread over several, since a map that grows pauses for all it holds. */
  readonly #others: Map<string | number | boolean, number>[] = Array.from({ length: SHARDS }, () => new Map())

  /** The number of a value. */
  of(value: string | number | boolean): number {
    if (typeof value === 'number') return this.ofNumber(value)
    const others = this.#others[shardOf(value)]!
    let number = others.get(value)
    if (number === undefined) {
      hashOf(value)
      others.set(value, (number = this.#add()))
    }
    return number
  }

  /** As {@link of}. */
  ofNumber(value: number): number {
    if (value >= 0 && value < SMALL && value === Math.floor(value)) {
      if (value >= this.#small.length) this.#small = grown(this.#small, value + 1)
      return this.#small[value]! || (this.#small[value] = this.#addNumber(value))
    }
    const others = this.#others[shardOf(value)]!
    let number = others.get(value)
    if (number === undefined) others.set(value, (number = this.#addNumber(value)))
    return number
  }

  /** The register a value belongs to, and above its bits the rank it raises that to. */
  place(number: number): number {
    return placeOf(this.#high[number]!, this.#low[number]!)
  }

  /** The same for a small whole number, itself. */
  placeOfSmall(value: number): number {
    if (value >= this.#places.length) this.#places = grown(this.#places, value + 1)
    return this.#places[value]! || (this.#places[value] = placeOfNumber(value))
  }

  /** Whether a bit set may take so many bytes more. */
  lend(bytes: number): boolean {
    if (this.#bits + bytes > BITS) return false
    this.#bits += bytes
    return true
  }

  /** The hash as hex. */
  hash(number: number): string {
    return hex(this.#high[number]!) + hex(this.#low[number]!)
  }

  #addNumber(value: number): number {
    hashNumber(value)
    return this.#add()
  }

  /** Takes over the last value hashed. */
  #add(): number {
    const number = ++this.#size
    if (number === this.#high.length) {
      this.#high = grown(this.#high, number * 2)
      this.#low = grown(this.#low, number * 2)
    }
    this.#high[number] = HASH[0]!
    this.#low[number] = HASH[1]!
    return number
  }
}

const SHARDS = 128

/** Texts that differ mostly do so near their ends. */
function shardOf(value: string | number | boolean): number {
  if (typeof value === 'number') return ((value * 4096) ^ (value * 7)) & (SHARDS - 1)
  if (typeof value !== 'string') return 0
  let hash = value.length
  for (let i = Math.max(0, value.length - 6); i < value.length; i++) hash = Math.imul(hash, 31) + value.charCodeAt(i)
  return (hash ^ (hash >>> 8)) & (SHARDS - 1)
}

/** A {@link Distinct} being counted in bulk. */
export class DistinctCounts {
  readonly #values: DistinctValues
  #exact: Set<number> | undefined = new Set()
  #ranks: Uint8Array | undefined
  /** Beyond {@link EXACT}: small whole numbers met, as bits; they are hashed at the end, each once and in their order. */
  #bits: Uint32Array = NO_BITS

  constructor(values: DistinctValues) {
    this.#values = values
  }

  /** Counts the value of this number. */
  add(number: number): void {
    if (this.#ranks !== undefined) raise(this.#ranks, this.#values.place(number))
    else if (this.#exact!.add(number).size > EXACT) this.#overflow()
  }

  /** Counts a number. */
  addNumber(value: number): void {
    const word = (value | 0) >>> 5
    if ((value | 0) === value && word < this.#bits.length) this.#bits[word]! |= 1 << (value & 31)
    else this.#addNumber(value)
  }

  /** What {@link distinct} would do first, in steps. */
  *settling(): Steps<void> {
    for (let word = 0; word < this.#bits.length; word += HASHED) {
      this.#hashBits(word, Math.min(this.#bits.length, word + HASHED))
      yield
    }
  }

  /** The state as plain data. */
  distinct(): Distinct {
    this.#hashBits(0, this.#bits.length)
    if (this.#ranks !== undefined) return { kind: 'registers', ranks: Array.from(this.#ranks) }
    const hashes = Array.from(this.#exact!, number => this.#values.hash(number))
    return distinctOf([...new Set(hashes)])
  }

  #addNumber(value: number): void {
    const small = value >= 0 && value < SMALL && value === Math.floor(value)
    if (this.#ranks === undefined || !small) this.add(this.#values.ofNumber(value))
    else if (this.#reserve(value)) this.#bits[value >>> 5]! |= 1 << (value & 31)
    else raise(this.#ranks, this.#values.placeOfSmall(value))
  }

  #reserve(value: number): boolean {
    const words = 2 ** (32 - Math.clz32(value >>> 5))
    if (!this.#values.lend((words - this.#bits.length) * 4)) return false
    this.#bits = grown(this.#bits, words)
    return true
  }

  #hashBits(from: number, to: number): void {
    const bits = this.#bits
    for (let word = from; word < to; word++) {
      for (let left = bits[word]!; left !== 0; left &= left - 1) {
        raise(this.#ranks!, this.#values.placeOfSmall(word * 32 + 31 - Math.clz32(left & -left)))
      }
    }
    bits.fill(0, from, to)
  }

  #overflow(): void {
    const ranks = new Uint8Array(REGISTERS)
    for (const number of this.#exact!) raise(ranks, this.#values.place(number))
    this.#ranks = ranks
    this.#exact = undefined
  }
}

const NO_BITS: Uint32Array = new Uint32Array(0)

function placeOfNumber(value: number): number {
  hashNumber(value)
  return placeOf(HASH[0]!, HASH[1]!)
}

function grown(array: Uint32Array, least: number): Uint32Array {
  let length = Math.max(1, array.length * 2)
  while (length < least) length *= 2
  const next = new Uint32Array(length)
  next.set(array)
  return next
}
