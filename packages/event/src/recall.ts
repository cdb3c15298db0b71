import type { Dictionary } from './dictionary.ts'
import type { Lexer } from './lexer.ts'
import { mix, SEED } from './words.ts'

const WAYS = 4
/** Where a text starts tells it apart well enough: what follows it, if it is shorter, is mostly the same too. */
const LOOKED_AT = 12

/**
 * The codes of texts met lately in one dictionary, found by how they begin: what stands there need not be read through
 * again. Only texts that a JSON text holds just as they are in the dictionary may be learned.
 */
export class Recall {
  readonly #codes: Uint32Array
  /** Of the bytes each begins with. */
  readonly #hashes: Int32Array
  readonly #mask: number
  readonly #close: number
  #dictionary: Dictionary | undefined
  #set = 0
  #hash = 0
  /** Where the text found last ends. */
  end = 0

  /**
   * @param sets a power of two; four texts to a set
   * @param close the byte that must follow a text; -1 where it says itself that it ends
   */
  constructor(sets: number, close: number) {
    this.#codes = new Uint32Array(sets * WAYS)
    this.#hashes = new Int32Array(sets * WAYS)
    this.#mask = sets - 1
    this.#close = close
  }

  /** The code of a text that stands at i; -1 where none is known, and it should be learned. */
  find({ view, bytes, end }: Lexer, dictionary: Dictionary, i: number): number {
    const codes = this.#codes
    if (dictionary !== this.#dictionary) {
      this.#dictionary = dictionary
      codes.fill(0)
    }
    if (i + LOOKED_AT > end) return -1
    let hash = mix(mix(SEED, view.getInt32(i, true)), view.getInt32(i + 4, true))
    hash = mix(hash, view.getInt32(i + 8, true))
    const set = ((hash ^ (hash >>> 16)) & this.#mask) * WAYS
    this.#set = set
    this.#hash = hash
    for (let way = set; way < set + WAYS; way++) {
      if (this.#hashes[way] !== hash) continue
      const code = codes[way]!
      if (code === 0) return -1
      const after = dictionary.after(code, view, i, end)
      if (after > 0 && (this.#close < 0 || bytes[after] === this.#close)) {
        this.end = after
        return code
      }
    }
    return -1
  }

  /** Remembers the code of the text that was not found last. */
  learn(code: number): void {
    const codes = this.#codes
    const hashes = this.#hashes
    const set = this.#set
    for (let way = set + WAYS - 1; way > set; way--) {
      codes[way] = codes[way - 1]!
      hashes[way] = hashes[way - 1]!
    }
    codes[set] = code
    hashes[set] = this.#hash
  }
}
