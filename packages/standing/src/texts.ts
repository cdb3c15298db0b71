import { Dictionary, FIRST_TEXT } from '@telltale/event'
import type { BatchRows } from '@telltale/query/batch'

/** Texts that are remembered, and their bytes; beyond, all are forgotten, and learned anew. */
const REMEMBERED = 1 << 16
const BYTES = 8 << 20
/** Longer ones are not remembered. */
const LONG = 1024

/**
 * The texts of batches, each known by a small number that is the same from batch to batch as long as the epoch lasts, so
 * that what was learned of a text need not be learned again, and no string is made of it. Now and then equal texts have
 * several numbers.
 */
export class Texts {
  /** Rises when all numbers are forgotten, which is only between two batches. */
  epoch = 0
  readonly #source: BatchRows
  #known: Dictionary = new Dictionary()
  #turn = -1
  /** By code of the batch's dictionary; 0 where it was not asked for yet. */
  #numbers: Int32Array = new Int32Array(64)

  constructor(source: BatchRows) {
    this.#source = source
  }

  /** Makes ready for the batch turned to. */
  bind(): void {
    const { batch, turns } = this.#source
    if (this.#turn === turns) return
    this.#turn = turns
    const { size } = batch.dictionary
    if (this.#numbers.length < size) this.#numbers = new Int32Array(size * 2)
    else this.#numbers.fill(0, 0, size)
    if (this.#known.size <= REMEMBERED && this.#known.used <= BYTES) return
    this.#known = new Dictionary()
    this.epoch++
  }

  /** The number of a code that is a text, or a constant; −1 where it is too long to remember. {@link bind} comes first. */
  of(code: number): number {
    const number = this.#numbers[code]!
    return number !== 0 ? number : this.#learn(code)
  }

  #learn(code: number): number {
    if (code < FIRST_TEXT) return code
    const { dictionary } = this.#source.batch
    const number = dictionary.lengthOf(code) > LONG ? -1 : this.#known.adopt(dictionary, code)
    this.#numbers[code] = number
    return number
  }
}
