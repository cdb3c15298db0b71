import type { Dictionary } from './dictionary.ts'
import { CLOSE_ARRAY, COMMA, type Lexer, OPEN_ARRAY, QUOTE } from './lexer.ts'
import { Recall } from './recall.ts'
import { hashOf } from './words.ts'

/** Reads tags where they are written as we would write them, so that their bytes are the dictionary's text. */
export class TagReader {
  /** The code of the tags read last. */
  code = -1
  readonly #hashes: number[] = []
  readonly #recall = new Recall(16, -1)

  /** @returns where the tags at i end, or -1 where they must be read the long way */
  read(lexer: Lexer, dictionary: Dictionary, i: number, most: number): number {
    const { bytes } = lexer
    if (bytes[i] !== OPEN_ARRAY) return -1
    const known = this.#recall.find(lexer, dictionary, i)
    if (known >= 0) {
      this.code = known
      return this.#recall.end
    }
    let at = i + 1
    for (let count = 0; bytes[at] === QUOTE; count++) {
      const end = lexer.string(at + 1)
      if (lexer.source !== bytes || lexer.to === lexer.from || count === most) return -1
      for (let other = 0; other < count; other++) if (this.#hashes[other] === lexer.hash) return -1
      this.#hashes[count] = lexer.hash
      at = end + 1
      if (bytes[end] === CLOSE_ARRAY) {
        this.code = dictionary.addHashed(bytes, i, at, 1, hashOf(lexer.view, i, at), lexer.view)
        this.#recall.learn(this.code)
        return at
      }
      if (bytes[end] !== COMMA) return -1
    }
    return -1
  }
}
