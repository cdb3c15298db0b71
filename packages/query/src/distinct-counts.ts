import { type Distinct, distinctOf, EXACT, hex, INDEX_BITS, REGISTERS } from './distinct.ts'
import { hashText, murmurHash3, xxHash32 } from './hash.ts'
import { identityOf } from './identity.ts'

/** Whole numbers below this find their place in a table. */
const SMALL = 1 << 22

/**
 * The values counted in bulk, each hashed once and numbered from 1, for all the {@link DistinctCounts} that go with
 * them.
 */
export class DistinctValues {
  #size = 0
  #xx: Uint32Array = new Uint32Array(256)
  #murmur: Uint32Array = new Uint32Array(256)
  /** The number of a small whole number, 0 where it has none yet. */
  #small: Uint32Array = new Uint32Array(256)
  readonly #others: Map<string | number | boolean, number> = new Map()

  /** The number of a value. */
  of(value: string | number | boolean): number {
    if (typeof value === 'number') return this.ofNumber(value)
    let number = this.#others.get(value)
    if (number === undefined) {
      const [xx, murmur] = hashText(identityOf(value)!)
      this.#others.set(value, (number = this.#add(xx, murmur)))
    }
    return number
  }

  /** As {@link of}. */
  ofNumber(value: number): number {
    if (value >= 0 && value < SMALL && value === Math.floor(value)) {
      if (value >= this.#small.length) this.#small = grown(this.#small, value + 1)
      return this.#small[value]! || (this.#small[value] = this.#addNumber(value))
    }
    let number = this.#others.get(value)
    if (number === undefined) this.#others.set(value, (number = this.#addNumber(value)))
    return number
  }

  /** The register a value belongs to, and above its bits the rank it raises that to. */
  place(number: number): number {
    return (this.#xx[number]! >>> (32 - INDEX_BITS)) | ((Math.clz32(this.#murmur[number]!) + 1) << INDEX_BITS)
  }

  /** Both hashes as hex. */
  hashes(number: number): string {
    return hex(this.#xx[number]!) + hex(this.#murmur[number]!)
  }

  #addNumber(value: number): number {
    writeIdentity(value)
    return this.#add(xxHash32(IDENTITY), murmurHash3(IDENTITY))
  }

  #add(xx: number, murmur: number): number {
    const number = ++this.#size
    if (number === this.#xx.length) {
      this.#xx = grown(this.#xx, number * 2)
      this.#murmur = grown(this.#murmur, number * 2)
    }
    this.#xx[number] = xx
    this.#murmur[number] = murmur
    return number
  }
}

/** A {@link Distinct} being counted in bulk. */
export class DistinctCounts {
  readonly #values: DistinctValues
  #exact: Set<number> | undefined = new Set()
  #ranks: Uint8Array | undefined

  constructor(values: DistinctValues) {
    this.#values = values
  }

  /** Counts the value of this number. */
  add(number: number): void {
    if (this.#ranks !== undefined) raise(this.#ranks, this.#values.place(number))
    else if (this.#exact!.add(number).size > EXACT) this.#overflow()
  }

  /** The state as plain data. */
  distinct(): Distinct {
    if (this.#ranks !== undefined) return { kind: 'registers', ranks: Array.from(this.#ranks) }
    const hashes = Array.from(this.#exact!, number => this.#values.hashes(number))
    return distinctOf([...new Set(hashes)], [])
  }

  #overflow(): void {
    const ranks = new Uint8Array(REGISTERS)
    for (const number of this.#exact!) raise(ranks, this.#values.place(number))
    this.#ranks = ranks
    this.#exact = undefined
  }
}

function raise(ranks: Uint8Array, place: number): void {
  const register = place & (REGISTERS - 1)
  const rank = place >>> INDEX_BITS
  if (rank > ranks[register]!) ranks[register] = rank
}

const IDENTITY = new Uint8Array(17)
const DOUBLE = new Float64Array(1)
const WORDS = new Uint32Array(DOUBLE.buffer)
const DIGITS = Uint8Array.from('0123456789ABCDEF', digit => digit.charCodeAt(0))

/** The bytes of a number's identity, as identity.ts has it. */
function writeIdentity(value: number): void {
  DOUBLE[0] = value === 0 ? 0 : value
  IDENTITY[0] = 0x6e
  for (let i = 0; i < 8; i++) {
    IDENTITY[1 + i] = DIGITS[(WORDS[1]! >>> (28 - 4 * i)) & 15]!
    IDENTITY[9 + i] = DIGITS[(WORDS[0]! >>> (28 - 4 * i)) & 15]!
  }
}

function grown(array: Uint32Array, least: number): Uint32Array {
  let length = array.length * 2
  while (length < least) length *= 2
  const next = new Uint32Array(length)
  next.set(array)
  return next
}
