import { TooMuch } from '@telltale/query'
import { MAX_ROWS } from './chunk.ts'

/** Combinations of keys that are numbered by a table; see groups.ts. */
export const TABLE: number = 1 << 17
/** Arrays of a kind a query may have, of half a megabyte each; of those so many are kept for the next. */
const MOST = 512
const KEPT = 16
/** Scratches kept between queries. */
const IDLE = 4

/**
 * Arrays a query works in, most with one entry a row, holding whatever the query before left in them. A query may pause,
 * so each has a scratch of its own from its begin to its end.
 */
export class Scratch {
  /** The marks of a chunk's rows, while the chunk is looked at. */
  readonly mask: Uint8Array = new Uint8Array(MAX_ROWS)
  /** While one condition is looked at. */
  readonly hits: Uint8Array = new Uint8Array(MAX_ROWS)
  /** A selection as a list. */
  readonly rows: Uint16Array = new Uint16Array(MAX_ROWS)
  /** Of the ids of a chunk: how many rows have each, twice over, and its group. */
  readonly counts: Uint32Array = new Uint32Array(2 * TABLE)
  readonly found: Int32Array = new Int32Array(TABLE)
  readonly #doubles: Float64Array[] = []
  readonly #ints: Int32Array[] = []
  #usedDoubles = 0
  #usedInts = 0

  /** One nobody else works in; to be returned. */
  static take(): Scratch {
    return idle.pop() ?? new Scratch()
  }

  /** Says that all its arrays are free again. */
  reuse(): void {
    this.#usedDoubles = this.#usedInts = 0
  }

  return(): void {
    this.reuse()
    this.#doubles.length = Math.min(this.#doubles.length, KEPT)
    this.#ints.length = Math.min(this.#ints.length, KEPT)
    if (idle.length < IDLE) idle.push(this)
  }

  /** An array for the rest of the query. */
  doubles(): Float64Array {
    this.#bound(this.#usedDoubles)
    return (this.#doubles[this.#usedDoubles++] ??= new Float64Array(MAX_ROWS))
  }

  ints(): Int32Array {
    this.#bound(this.#usedInts)
    return (this.#ints[this.#usedInts++] ??= new Int32Array(MAX_ROWS))
  }

  #bound(used: number): void {
    if (used >= MOST)
      throw new TooMuch('this query calculates too much at a time', 'use fewer operators, or shorter names of set')
  }
}

const idle: Scratch[] = []
