import { WORDS, wordsOf, wordsOfNumber } from './hash.ts'
import {
  addToRegisters,
  estimateOf,
  fewerRegisters,
  joinRegisters,
  newRegisters,
  type SqlRegisters,
  wordsOfHashes,
} from './registers.ts'
import type { Steps } from './steps.ts'
import { WordSet } from './word-set.ts'

/** Groups of so many values count exactly whatever else there is; those of more as {@link VALUES} says. */
export const FEW = 512
/** Values that are held, at most, by one group; and by default by all of an answer that hold more than {@link FEW}. */
export const VALUES: number = 1 << 20

/** Words to a step. */
const SOME = 4096

/** As JSON: words as pairs, the lower first; or a rank per register. */
type Plain = { readonly most: number } & ({ readonly words: readonly number[] } | { readonly ranks: readonly number[] })

/** What SQL knows: words as pairs, the lower first; a state of uniqCombined64; or how many there are and no more. */
export type SqlDistinct = { readonly words: Uint32Array } | SqlRegisters | number

/**
 * How many distinct values were seen: the values themselves, as 64-bit words (see hash.ts), while they are not too many,
 * then registers. Which of both it is depends on how many there are, and not on the order they came in.
 */
export class Distinct {
  /** The most values that are held. */
  readonly #most: number
  /** All values while {@link isExact}; else those that the registers lack. Absent: {@link list} has them. */
  #set: WordSet | undefined = new WordSet()
  #list: Uint32Array | undefined
  #ranks: Uint8Array | undefined
  #counted: number | undefined

  constructor(most: number = VALUES) {
    this.#most = most
  }

  static fromSql(state: SqlDistinct, most: number): Distinct {
    const made = new Distinct(most)
    if (typeof state === 'number') made.#counted = state
    else if ('ranks' in state) made.#ranks = fewerRegisters(state.ranks)
    else made.#list = 'words' in state ? state.words : wordsOfHashes(state.hashes)
    return made
  }

  /** From what {@link toJSON} gave, if it is not one already. */
  static of(state: Distinct | Plain): Distinct {
    if (state instanceof Distinct) return state
    const made = new Distinct(state.most)
    if ('words' in state) made.#list = Uint32Array.from(state.words)
    else made.#ranks = Uint8Array.from(state.ranks)
    return made
  }

  get isExact(): boolean {
    return this.#ranks === undefined
  }

  /** How many are held; of registers, how many are estimated. */
  get size(): number {
    if (this.#ranks === undefined)
      return this.#counted ?? (this.#list === undefined ? this.#set!.size : this.#list.length / 2)
    for (const _ of this.settling());
    return estimateOf(this.#ranks)
  }

  /** Bytes, about. */
  get byteLength(): number {
    return 100 + (this.#list?.byteLength ?? 0) + (this.#set?.byteLength ?? 0) + (this.#ranks?.byteLength ?? 0)
  }

  add(value: string | number | boolean): void {
    wordsOf(value)
    this.addWords(WORDS[0]!, WORDS[1]!)
  }

  addNumber(value: number): void {
    if (this.#ranks === undefined && this.#list === undefined) {
      wordsOfNumber(value)
      const set = this.#set!
      set.addNumber(value, WORDS[0]!, WORDS[1]!)
      if (set.size > this.#most) this.#ranks = newRegisters()
    } else this.add(value)
  }

  addWords(high: number, low: number): void {
    if (this.#ranks !== undefined) {
      addToRegisters(this.#ranks, high, low)
      return
    }
    if (this.#list !== undefined) for (const _ of this.#indexing());
    const set = this.#set!
    set.add(high, low)
    if (set.size > this.#most) this.#ranks = newRegisters()
  }

  /** The same, that others may change. */
  copy(): Distinct {
    const copy = new Distinct(this.#most)
    copy.#set = this.#list === undefined ? this.#set!.copy() : undefined
    copy.#list = this.#list
    copy.#ranks = this.#ranks?.slice()
    copy.#counted = this.#counted
    return copy
  }

  /** What is left to do before {@link size} is told at once. */
  *settling(): Steps<void> {
    if (this.#ranks === undefined) return
    const set = this.#set
    if (set === undefined || set.size === 0) return
    yield* this.#hashing(this.#ranks)
    this.#set = new WordSet()
  }

  /** An estimate in the place of what is exact, if it is more than a number. */
  *estimating(): Steps<Distinct> {
    if (this.#ranks !== undefined || this.#counted !== undefined) return this
    const estimate = new Distinct(this.#most)
    estimate.#ranks = newRegisters()
    yield* this.#hashing(estimate.#ranks)
    return estimate
  }

  /** All together, as a new one; at least one. */
  static *joining(all: readonly Distinct[]): Steps<Distinct> {
    if (all.some(one => one.#counted !== undefined))
      throw new Error('BUG: distinct values that were only counted were merged')
    if (all.some(one => one.#ranks !== undefined)) return yield* Distinct.#estimatingAll(all)
    const large = all.reduce((a, b) => (b.size > a.size ? b : a))
    yield* large.#indexing()
    const joined = large.copy()
    for (const one of all) {
      if (one === large) continue
      if (one.#set !== undefined) joined.#set!.addBits(one.#set)
      yield* one.#each((high, low) => joined.addWords(high, low), true)
    }
    if (joined.#set!.size > joined.#most) joined.#ranks ??= newRegisters()
    yield* joined.settling()
    return joined
  }

  static *#estimatingAll(all: readonly Distinct[]): Steps<Distinct> {
    const joined = new Distinct(all[0]!.#most)
    joined.#ranks = newRegisters()
    for (const one of all) {
      yield* one.settling()
      if (one.#ranks !== undefined) joinRegisters(joined.#ranks, one.#ranks)
      else yield* one.#hashing(joined.#ranks)
    }
    return joined
  }

  toJSON(): Plain {
    for (const _ of this.settling());
    if (this.#ranks !== undefined) return { most: this.#most, ranks: Array.from(this.#ranks) }
    const words: number[] = []
    for (const _ of this.#each((high, low) => words.push(low, high)));
    return { most: this.#most, words }
  }

  *#hashing(ranks: Uint8Array): Steps<void> {
    yield* this.#each((high, low) => addToRegisters(ranks, high, low))
  }

  /** Makes the set of a list. */
  *#indexing(): Steps<void> {
    if (this.#list === undefined) return
    const set = new WordSet()
    yield* this.#each((high, low) => set.add(high, low))
    this.#set = set
    this.#list = undefined
  }

  /** @param rest without those kept as bits */
  *#each(call: (high: number, low: number) => void, rest = false): Steps<void> {
    const list = this.#list
    if (list === undefined) {
      const set = this.#set!
      for (let i = 0; i < set.parts; i++) {
        set.part(i, call, rest)
        yield
      }
      return
    }
    for (let at = 0; at < list.length; ) {
      for (const end = Math.min(list.length, at + 2 * SOME); at < end; at += 2) call(list[at + 1]!, list[at]!)
      yield
    }
  }
}
