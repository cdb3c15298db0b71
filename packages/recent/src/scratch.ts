import { TooMuch } from '@telltale/query'
import { MAX_ROWS } from './chunk.ts'

/**
 * Arrays a query works in, one entry a row, with whatever the query before left in them. A query runs to its end
 * without a pause, so all queries share them; each must begin with {@link reuse}.
 */
class Pool<T> {
  readonly #make: () => T
  readonly #made: T[] = []
  #used = 0

  constructor(make: () => T) {
    this.#make = make
  }

  take(): T {
    const at = this.#used++
    if (at >= MOST)
      throw new TooMuch('this query calculates too much at a time', 'use fewer operators, or shorter names of set')
    if (at >= KEPT) return this.#make()
    return (this.#made[at] ??= this.#make())
  }

  reuse(): void {
    this.#used = 0
  }
}

/** Arrays of a kind kept between queries; a query that needs more gets them for itself. */
const KEPT = 16
/** Arrays of a kind a query may have: of half a megabyte each. */
const MOST = 512

const DOUBLES: Pool<Float64Array> = new Pool(() => new Float64Array(MAX_ROWS))
const INTS: Pool<Int32Array> = new Pool(() => new Int32Array(MAX_ROWS))

export function doubles(): Float64Array {
  return DOUBLES.take()
}

export function ints(): Int32Array {
  return INTS.take()
}

/** Says that a new query begins. */
export function reuse(): void {
  for (const pool of [DOUBLES, INTS]) pool.reuse()
}
