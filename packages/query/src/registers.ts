import { mix, unmix, WORDS } from './hash.ts'

/** 2^12 registers: a standard error of 1.04 / √4096 = 1.6 %. */
const INDEX_BITS = 12
const REGISTERS: number = 1 << INDEX_BITS
/** 2^14 registers and, before, the hashes of up to 2^(14 − 5) values: what ClickHouse's uniqCombined64 keeps. */
export const SQL_INDEX_BITS = 14
const MOST = 64 - INDEX_BITS

/** A state of uniqCombined64({@link SQL_INDEX_BITS}): hashes as pairs of words, the lower first, or a rank per register. */
export type SqlRegisters = { readonly hashes: Uint32Array } | { readonly ranks: Uint8Array }

/**
 * HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007): the lowest bits of a hash pick the register, and the zeros that
 * follow give the rank. One byte a register.
 */
export function newRegisters(): Uint8Array {
  return new Uint8Array(REGISTERS)
}

/** Counts a value by its words, see hash.ts. */
export function addToRegisters(ranks: Uint8Array, high: number, low: number): void {
  mix(high, low)
  const [above, below] = [WORDS[0]!, WORDS[1]!]
  const first = below >>> INDEX_BITS
  const rank = first !== 0 ? zeros(first) + 1 : above !== 0 ? 32 - INDEX_BITS + zeros(above) + 1 : MOST
  const register = below & (REGISTERS - 1)
  if (rank > ranks[register]!) ranks[register] = rank
}

/** Adds all that others have counted. */
export function joinRegisters(ranks: Uint8Array, others: Uint8Array): void {
  for (let i = 0; i < REGISTERS; i++) if (others[i]! > ranks[i]!) ranks[i] = others[i]!
}

/** How many registers have each rank. */
const HAVE = new Uint32Array(256)

/** How many differ, as estimated. */
export function estimateOf(ranks: Uint8Array): number {
  HAVE.fill(0)
  for (let i = 0; i < REGISTERS; i++) HAVE[ranks[i]!]!++
  let sum = 0
  for (let rank = 0; rank < HAVE.length; rank++) if (HAVE[rank]! > 0) sum += HAVE[rank]! * 2 ** -rank
  const empty = HAVE[0]!
  const estimate = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum
  return Math.round(estimate <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : estimate)
}

/** Of a state with more registers: bits above ours are the first of the hash that tell the rank. */
export function fewerRegisters(more: Uint8Array): Uint8Array {
  const ranks = newRegisters()
  for (const [at, rank] of more.entries()) {
    if (rank === 0) continue
    const above = at >>> INDEX_BITS
    const own = above === 0 ? SQL_INDEX_BITS - INDEX_BITS + rank : zeros(above) + 1
    const register = at & (REGISTERS - 1)
    ranks[register] = Math.max(ranks[register]!, Math.min(own, MOST))
  }
  return ranks
}

/** The words whose hashes these are. */
export function wordsOfHashes(hashes: Uint32Array): Uint32Array {
  const words = new Uint32Array(hashes.length)
  for (let i = 0; i < hashes.length; i += 2) {
    unmix(hashes[i + 1]!, hashes[i]!)
    words[i] = WORDS[1]!
    words[i + 1] = WORDS[0]!
  }
  return words
}

/** How many zeros a word ends with. */
function zeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}
