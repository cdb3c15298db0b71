import { numberOf } from './hash.ts'

/** Whole numbers below this may be kept as bits. */
const SMALL = 1 << 22
/** Bytes of bits that a small number may take instead of its place in a table. */
const PLACE = 32
/** Words of a single table; more are spread over several, since one that grows holds everything up for all it has. */
const SINGLE = 4096
const TABLES = 64
const NO_BITS: Uint32Array = new Uint32Array(0)

/** Words of 64 bits that differ. What is the double of a small whole number is kept as a bit where many of these are. */
export class WordSet {
  size = 0
  #bits: Uint32Array = NO_BITS
  #tables: Table[] = []
  /** Small numbers in the tables, and the greatest of them. */
  #small = 0
  #greatest = 0

  /** Adds a number's double. */
  addNumber(value: number, high: number, low: number): void {
    const word = (value | 0) >>> 5
    if ((value | 0) !== value || word >= this.#bits.length) this.#add(value, high, low)
    else {
      const bit = 1 << (value & 31)
      const bits = this.#bits[word]!
      if ((bits & bit) !== 0) return
      this.#bits[word] = bits | bit
      this.size++
    }
  }

  add(high: number, low: number): void {
    this.addNumber(numberOf(high, low), high, low)
  }

  copy(): WordSet {
    const copy = new WordSet()
    copy.size = this.size
    copy.#bits = this.#bits.slice()
    copy.#tables = this.#tables.map(table => table.copy())
    copy.#small = this.#small
    copy.#greatest = this.#greatest
    return copy
  }

  /** About what it takes in memory. */
  get byteLength(): number {
    let bytes = 200 + this.#bits.byteLength
    for (const table of this.#tables) bytes += 200 + table.words.byteLength
    return bytes
  }

  /** Adds what another has as bits, all at once; the rest of it is left. */
  addBits(other: WordSet): void {
    const others = other.#bits
    if (others.length > this.#bits.length) this.#widen(others.length)
    const bits = this.#bits
    for (let i = 0; i < others.length; i++) {
      const before = bits[i]!
      const fresh = others[i]! & ~before
      if (fresh === 0) continue
      bits[i] = before | fresh
      this.size += ones(fresh)
    }
  }

  /** How many parts {@link part} takes. */
  get parts(): number {
    return Math.ceil(this.#bits.length / BITS) + this.#tables.length
  }

  /** Calls with each word of a part, up to some thousands. @param rest without those kept as bits */
  part(i: number, call: (high: number, low: number) => void, rest = false): void {
    const ranges = Math.ceil(this.#bits.length / BITS)
    if (i >= ranges) this.#tables[i - ranges]!.each(call)
    else if (!rest) this.#range(i * BITS, call)
  }

  #range(from: number, call: (high: number, low: number) => void): void {
    const bits = this.#bits
    for (let word = from; word < Math.min(bits.length, from + BITS); word++)
      for (let left = bits[word]!; left !== 0; left &= left - 1) {
        const value = word * 32 + 31 - Math.clz32(left & -left)
        call(value === 0 ? 0 : highOf(value), value === 0 ? 0 : lowOf(value))
      }
  }

  #add(value: number, high: number, low: number): void {
    const isSmall = value >= 0 && value < SMALL && value === Math.floor(value)
    // 0 has no place in a table.
    if (isSmall && value < 32) {
      this.#bits = new Uint32Array(1)
      this.addNumber(value, high, low)
      return
    }
    const table = this.#table(high, low)
    if (isSmall && table.isFull && this.#shift()) {
      this.addNumber(value, high, low)
      return
    }
    if (!table.add(high, low)) return
    this.size++
    if (isSmall) {
      this.#small++
      if (value > this.#greatest) this.#greatest = value
    }
    if (this.#tables.length === 1 && table.used > SINGLE) this.#spread()
  }

  #table(high: number, low: number): Table {
    const tables = this.#tables
    if (tables.length === 0) tables.push(new Table(8))
    return tables[(mixed(high, low) >>> 26) & (tables.length - 1)]!
  }

  #spread(): void {
    const [single] = this.#tables
    this.#tables = Array.from({ length: TABLES }, () => new Table(256))
    single!.each((high, low) => this.#table(high, low).add(high, low))
  }

  /** Turns small numbers into bits where that takes less. @returns whether it did */
  #shift(): boolean {
    const words = 2 ** (32 - Math.clz32(this.#greatest >>> 5))
    if (words <= this.#bits.length || words * 4 > this.#small * PLACE) return false
    this.#widen(words)
    return true
  }

  #widen(words: number): void {
    const bits = new Uint32Array(words)
    bits.set(this.#bits)
    this.#bits = bits
    if (this.#small === 0) return
    const tables = this.#tables
    this.#tables = []
    this.#small = 0
    this.#greatest = 0
    for (const table of tables) {
      this.size -= table.used
      table.each((high, low) => this.add(high, low))
    }
  }
}

/** Words of bits in a part. */
const BITS = 256

/** Open addressing; the words 0 and 0 are a free place. */
class Table {
  used = 0
  words: Uint32Array

  /** @param places a power of two */
  constructor(places: number) {
    this.words = new Uint32Array(2 * places)
  }

  /** One more makes it grow. */
  get isFull(): boolean {
    return this.used * 4 >= this.words.length
  }

  /** @returns whether it was not there */
  add(high: number, low: number): boolean {
    const at = this.#place(high, low)
    if (this.words[at] === high && this.words[at + 1] === low) return false
    this.words[at] = high
    this.words[at + 1] = low
    if (this.isFull) this.#grow()
    this.used++
    return true
  }

  each(call: (high: number, low: number) => void): void {
    const { words } = this
    for (let at = 0; at < words.length; at += 2)
      if ((words[at]! | words[at + 1]!) !== 0) call(words[at]!, words[at + 1]!)
  }

  copy(): Table {
    const copy = new Table(0)
    copy.words = this.words.slice()
    copy.used = this.used
    return copy
  }

  #place(high: number, low: number): number {
    const { words } = this
    const last = words.length - 1
    let at = (mixed(high, low) << 1) & last
    while ((words[at]! | words[at + 1]!) !== 0 && (words[at] !== high || words[at + 1] !== low)) at = (at + 2) & last
    return at
  }

  #grow(): void {
    const { words } = this
    this.words = new Uint32Array(words.length * 2)
    for (let from = 0; from < words.length; from += 2) {
      const [high, low] = [words[from]!, words[from + 1]!]
      if ((high | low) === 0) continue
      const at = this.#place(high, low)
      this.words[at] = high
      this.words[at + 1] = low
    }
  }
}

/** The bits of a number are anything but spread. */
function mixed(high: number, low: number): number {
  const once = Math.imul(high ^ Math.imul(low, 0x9e3779b1), 0x85ebca77)
  return Math.imul(once ^ (once >>> 15), 0xc2b2ae3d) ^ (once >>> 13)
}

function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** The words of a whole number's double, which is above 0 and below 2^31. */
function highOf(value: number): number {
  const exponent = 31 - Math.clz32(value)
  return ((exponent + 1023) << 20) | ((value ^ (1 << exponent)) * 2 ** (20 - exponent))
}

function lowOf(value: number): number {
  const exponent = 31 - Math.clz32(value)
  return exponent <= 20 ? 0 : (value << (52 - exponent)) >>> 0
}
