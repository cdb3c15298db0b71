import { HASH, hashOf } from './hash.ts'

/** 2^12 registers: a standard error of 1.04 / √4096 = 1.6 %. */
export const INDEX_BITS = 12
export const REGISTERS: number = 1 << INDEX_BITS
/** 2^14 registers and, before, the hashes of up to 2^(14 − 5) values: what ClickHouse's uniqCombined64 keeps. */
export const SQL_INDEX_BITS = 14
/** Up to this many distinct values are counted exactly (but for collisions of 64-bit hashes). */
export const EXACT: number = 1 << (SQL_INDEX_BITS - 5)

/**
 * How many distinct values were seen: their hashes while they are few, then HyperLogLog (Flajolet, Fusy, Gandouet,
 * Meunier 2007), where the lowest bits of a hash pick the register and the zeros that follow give the rank.
 */
export type Distinct =
  /** The keys are hashes as 16 hex digits. */
  { kind: 'exact'; size: number; hashes: Record<string, 1> } | { kind: 'registers'; ranks: number[] }

/** A state of uniqCombined64({@link SQL_INDEX_BITS}): hashes as pairs of words, the lower first, or a rank per register. */
export type SqlDistinct = { readonly hashes: Uint32Array } | { readonly ranks: Uint8Array }

export function newDistinct(): Distinct {
  return { kind: 'exact', size: 0, hashes: {} }
}

/** Counts a value. @returns the state, the same one changed or a new one */
export function addDistinct(state: Distinct, value: string | number | boolean): Distinct {
  hashOf(value)
  if (state.kind === 'registers') {
    raise(state.ranks, placeOf(HASH[0]!, HASH[1]!))
    return state
  }
  const hash = hex(HASH[0]!) + hex(HASH[1]!)
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

/** From hashes, at most {@link EXACT}, as hex. */
export function distinctOf(hashes: readonly string[]): Distinct {
  return { kind: 'exact', size: hashes.length, hashes: Object.fromEntries(hashes.map(hash => [hash, 1])) }
}

/** From what SQL gives. Where it has more registers, bits above ours are the first of the hash that tell the rank. */
export function distinctFromSql(state: SqlDistinct): Distinct {
  if ('hashes' in state) {
    const hashes: string[] = []
    for (let i = 0; i < state.hashes.length; i += 2) hashes.push(hex(state.hashes[i + 1]!) + hex(state.hashes[i]!))
    return distinctOf(hashes)
  }
  const ranks = new Array<number>(REGISTERS).fill(0)
  for (const [register, rank] of state.ranks.entries()) {
    if (rank === 0) continue
    const above = register >>> INDEX_BITS
    const own = above === 0 ? SQL_INDEX_BITS - INDEX_BITS + rank : zeros(above) + 1
    raise(ranks, (register & (REGISTERS - 1)) | (Math.min(own, MOST) << INDEX_BITS))
  }
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
    raise(ranks, placeOf(Number.parseInt(hash.slice(0, 8), 16), Number.parseInt(hash.slice(8), 16)))
  }
  return { kind: 'registers', ranks }
}

/** The register a hash belongs to, and above its bits the rank it raises that to. */
export function placeOf(high: number, low: number): number {
  const first = low >>> INDEX_BITS
  const rank = first !== 0 ? zeros(first) + 1 : high !== 0 ? 32 - INDEX_BITS + zeros(high) + 1 : MOST
  return (low & (REGISTERS - 1)) | (rank << INDEX_BITS)
}

const MOST = 64 - INDEX_BITS

export function raise(ranks: { [register: number]: number }, place: number): void {
  const register = place & (REGISTERS - 1)
  const rank = place >>> INDEX_BITS
  if (rank > ranks[register]!) ranks[register] = rank
}

/** How many zeros a word ends with. */
function zeros(word: number): number {
  return 31 - Math.clz32(word & -word)
}

export function hex(word: number): string {
  return (word + 2 ** 32).toString(16).slice(1).toUpperCase()
}
