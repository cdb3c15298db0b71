import { NUMBER } from '@telltale/event'
import {
  compareSorted,
  type Expression,
  First,
  ofEvent,
  type Plan,
  resolve,
  type Scalar,
  type Steps,
  scalarOf,
  valuer,
} from '@telltale/query'
import { type Cells, cellOf, codeAt } from './cells.ts'
import type { ChunkView } from './chunk-view.ts'
import { columnsOf } from './columns.ts'
import { type NumbersOf, numbersOf } from './numeric.ts'
import { byAge, type Place } from './place.ts'
import { scalarAt } from './scalar.ts'
import type { Scratch } from './scratch.ts'

/** Rows offered in a step: where their values are numbers, and where not. */
const NUMBERS = 2048
const VALUES = 128

/** A row with what it is sorted by. */
interface Sorted extends Place {
  readonly values: readonly Scalar[]
}

type ValueOf = (row: number) => Scalar

/** A chunk's rows and what they are sorted by. */
interface Offered {
  readonly chunk: ChunkView
  readonly at: number
  readonly mask: Uint8Array
  /** What comes first, where it is a number or missing (NaN) for every row. */
  readonly numbers: Float64Array | undefined
  readonly values: readonly ValueOf[]
}

/**
 * The rows offered that come first by a query's `sort`, at most `limit`. What they are sorted by is read off the
 * columns; only a row that may be among the first gets an object.
 */
export class Foremost {
  readonly worst: number = Number.NEGATIVE_INFINITY
  readonly #first: First<Sorted>
  readonly #limit: number
  readonly #order: Plan['order']
  readonly #numbers: NumbersOf
  readonly #values: readonly ((chunk: ChunkView) => ValueOf)[]
  /** What the last that is kept is sorted by first; undefined while there is room for more. */
  #least: Scalar | undefined
  #isFull = false

  constructor(limit: number, order: Plan['order'], scratch: Scratch) {
    this.#limit = limit
    this.#order = order
    this.#numbers = numbersOf(order[0]!.value, scratch)
    this.#values = order.map(({ value }) => rowValues(value))
    this.#first = new First<Sorted>((a, b) => {
      for (let i = 0; i < order.length; i++) {
        const found = compareSorted(a.values[i]!, b.values[i]!, order[i]!.descending)
        if (found !== 0) return found
      }
      return byAge(b, a)
    }, limit)
  }

  *offer(chunk: ChunkView, at: number, mask: Uint8Array): Steps<void> {
    const numbers = isNumeric(this.#order[0]!.value, chunk) ? yield* this.#numbers(chunk, mask) : undefined
    const offered = { chunk, at, mask, numbers, values: this.#values.map(value => value(chunk)) }
    const some = numbers === undefined ? VALUES : NUMBERS
    for (let row = chunk.length - 1; row >= chunk.first; ) {
      row = this.#offerSome(offered, row, Math.max(chunk.first, row - some + 1))
      if (this.#isFull) yield* this.take()
      yield
    }
  }

  *take(): Steps<readonly Place[]> {
    const sorted = yield* this.#first.cut()
    this.#least = sorted.length < this.#limit ? undefined : sorted[this.#limit - 1]!.values[0]!
    this.#isFull = false
    return sorted
  }

  /** Offers rows from this one down to another, or until there are many. @returns where to go on */
  #offerSome(offered: Offered, from: number, to: number): number {
    const { mask, numbers, values } = offered
    const { descending } = this.#order[0]!
    const least = this.#least
    const known = typeof least === 'number' && numbers !== undefined
    const low = known && descending ? least : Number.NEGATIVE_INFINITY
    const high = known && !descending ? least : Number.POSITIVE_INFINITY
    for (let row = from; row >= to; row--) {
      if (mask[row] === 0) continue
      // What has no value comes after all that have one.
      if (known && !(numbers[row]! >= low && numbers[row]! <= high)) continue
      const value = numbers === undefined ? values[0]!(row) : numberAt(numbers, row)
      if (least !== undefined && compareSorted(value, least, descending) > 0) continue
      if (this.#offer(offered, row, value)) return row - 1
    }
    return to - 1
  }

  #offer({ chunk, at, values }: Offered, row: number, first: Scalar): boolean {
    const all = values.map((value, i) => (i === 0 ? first : value(row)))
    this.#isFull = this.#first.offer({
      time: chunk.time.at(row),
      seq: chunk.runs.seq(row),
      chunk: at,
      row,
      values: all,
    })
    return this.#isFull
  }
}

function numberAt(numbers: Float64Array, row: number): number | null {
  const value = numbers[row]!
  return value !== value ? null : value === 0 ? 0 : value
}

/** Whether it is a number or missing in every row of a chunk. */
function isNumeric(expression: Expression, chunk: ChunkView): boolean {
  if (expression.kind !== 'field') return expression.kind === 'arithmetic'
  const columns = columnsOf(chunk, expression.name)
  return columns?.every(({ codes, numbers }) => codes === undefined && numbers !== undefined) ?? false
}

/** How to get the value of one row. */
function rowValues(expression: Expression): (chunk: ChunkView) => ValueOf {
  const evaluated = valuer(expression, ofEvent)
  const place = expression.kind === 'field' ? resolve(expression.name) : undefined
  return chunk => {
    if (place?.kind === 'top' && place.key === 'seq') return row => chunk.runs.seq(row) || null
    const columns = expression.kind === 'field' ? columnsOf(chunk, expression.name) : undefined
    if (columns === undefined) return row => scalarOf(evaluated(chunk.event(row)))
    const values = columns.map(inColumn)
    return row => {
      for (const value of values) {
        const found = value(row)
        if (found !== null) return found
      }
      return null
    }
  }
}

/** A column's value in a row; a text that many have is read once. */
function inColumn(cells: Cells): ValueOf {
  const known: Scalar[] = []
  return row => {
    const i = cellOf(cells, row)
    if (i < 0) return null
    const code = codeAt(cells, i)
    if (code !== NUMBER && cells.codes === undefined) return scalarAt(cells.texts, code)
    if (code !== NUMBER) return (known[code] ??= scalarAt(cells.texts, code))
    const value = cells.numbers!.at(i)
    return value === 0 ? 0 : value
  }
}
