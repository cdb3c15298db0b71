import { hashText } from './hash.ts'

/** Up to this many distinct values are counted exactly (but for collisions of 64-bit hashes). */
export const EXACT = 512
/** 2^12 registers: a standard error of 1.04 / √4096 = 1.6 %. */
export const INDEX_BITS = 12
export const REGISTERS: number = 1 << INDEX_BITS

/**
 * How many distinct values were seen: their hashes while they are few, then HyperLogLog (Flajolet, Fusy, Gandouet,
 * Meunier 2007), where one hash picks the register and an independent one gives the rank.
 */
export type Distinct =
  /** The keys are hashes as 16 hex digits. */
  { kind: 'exact'; size: number; hashes: Record<string, 1> } | { kind: 'registers'; ranks: number[] }

export function newDistinct(): Distinct {
  return { kind: 'exact', size: 0, hashes: {} }
}

/** Counts a value, given as its identity. @returns the state, the same one changed or a new one */
export function addDistinct(state: Distinct, identity: string): Distinct {
  const [xx, murmur] = hashText(identity)
  if (state.kind === 'registers') {
    raise(state.ranks, xx, murmur)
    return state
  }
  return addHash(state, hex(xx) + hex(murmur))
}

function addHash(state: Distinct & { kind: 'exact' }, hash: string): Distinct {
  if (Object.hasOwn(state.hashes, hash)) return state
  state.hashes[hash] = 1
  return ++state.size > EXACT ? toRegisters(state) : state
}

/** Both together, as a new state. */
export function mergeDistinct(a: Distinct, b: Distinct): Distinct {
  if (a.kind === 'exact' && b.kind === 'exact') {
    const hashes = { ...a.hashes, ...b.hashes }
    const both: Distinct = { kind: 'exact', size: Object.keys(hashes).length, hashes }
    return both.size > EXACT ? toRegisters(both) : both
  }
  const ranks = toRegisters(a).ranks.slice()
  toRegisters(b).ranks.forEach((rank, i) => {
    if (rank > ranks[i]!) ranks[i] = rank
  })
  return { kind: 'registers', ranks }
}

/** From what SQL gives: hashes as hex (xxHash32, then murmurHash3_32), at most {@link EXACT}, or else pairs of register and rank. */
export function distinctOf(hashes: readonly string[], registers: readonly (readonly [number, number])[]): Distinct {
  if (hashes.length <= EXACT) {
    return { kind: 'exact', size: hashes.length, hashes: Object.fromEntries(hashes.map(hash => [hash, 1])) }
  }
  const ranks = new Array<number>(REGISTERS).fill(0)
  for (const [register, rank] of registers) ranks[register] = rank
  return { kind: 'registers', ranks }
}

/** The (estimated) number of distinct values. */
export function sizeOf(state: Distinct): number {
  if (state.kind === 'exact') return state.size
  let sum = 0
  let zeros = 0
  for (const rank of state.ranks) {
    sum += 2 ** -rank
    if (rank === 0) zeros++
  }
  const estimate = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum
  return Math.round(estimate <= 2.5 * REGISTERS && zeros > 0 ? REGISTERS * Math.log(REGISTERS / zeros) : estimate)
}

function toRegisters(state: Distinct): Distinct & { kind: 'registers' } {
  if (state.kind === 'registers') return state
  const ranks = new Array<number>(REGISTERS).fill(0)
  for (const hash of Object.keys(state.hashes)) {
    raise(ranks, Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8), 16))
  }
  return { kind: 'registers', ranks }
}

function raise(ranks: number[], xx: number, murmur: number): void {
  const register = xx >>> (32 - INDEX_BITS)
  const rank = Math.clz32(murmur) + 1
  if (rank > ranks[register]!) ranks[register] = rank
}

export function hex(word: number): string {
  return (word + 2 ** 32).toString(16).slice(1).toUpperCase()
}
