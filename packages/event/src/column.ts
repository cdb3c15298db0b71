import { NUMBER } from './dictionary.ts'
import type { Path } from './schema.ts'
import { doubles, words } from './slab.ts'

/**
 * The values at one path of a batch: one cell per row that has a value there, in rising row order. Cells, not rows, are
 * stored, so a path that few events fill costs little. Only the first {@link count} entries of each array are valid.
 */
export class Column {
  readonly path: Path
  /** Its place among the batch's columns. */
  readonly index: number
  /** Cells present. */
  count = 0
  /** The row of each cell. Where `count` equals the batch's length, rows[i] is i. */
  rows: Uint32Array
  /** The dictionary code of each cell; {@link NUMBER} where the cell is a plain number. */
  codes: Uint32Array
  /**
   * The number of each cell, NaN where it is not one; undefined while no cell is. A number that no double holds exactly
   * has its nearest double here and its exact text in `codes`.
   */
  numbers: Float64Array | undefined
  /** Whether every cell is a plain number: all codes are {@link NUMBER}. */
  plain = true

  /** @param room how many cells to make room for at first; it grows as needed */
  constructor(path: Path, index = 0, room = 16) {
    this.path = path
    this.index = index
    this.rows = words(room)
    this.codes = words(room)
  }

  /** Adds a cell that is not a number. `row` must be greater than the last. */
  pushCode(row: number, code: number): void {
    const i = this.count++
    if (i === this.rows.length) this.#grow()
    this.rows[i] = row
    this.codes[i] = code
    this.plain = false
    if (this.numbers !== undefined) this.numbers[i] = Number.NaN
  }

  /** Adds a number. `code` is its exact text where no double holds it. */
  pushNumber(row: number, value: number, code: number = NUMBER): void {
    const i = this.count++
    if (i === this.rows.length) this.#grow()
    if (this.numbers === undefined) {
      this.numbers = doubles(this.rows.length)
      this.numbers.fill(Number.NaN, 0, i)
    }
    this.rows[i] = row
    this.codes[i] = code
    if (code !== NUMBER) this.plain = false
    this.numbers[i] = value
  }

  /** Adds a cell like one of another column; `value` is NaN or undefined where it is not a number. */
  push(row: number, code: number, value: number | undefined): void {
    if (value !== undefined && value === value) this.pushNumber(row, value, code)
    else this.pushCode(row, code)
  }

  /** Takes back the cells of this row, which must be the last. */
  drop(row: number): void {
    while (this.count > 0 && this.rows[this.count - 1] === row) this.count--
  }

  /** Takes away the cell of a row, if it has one. */
  remove(row: number): void {
    const cell = this.at(row)
    if (cell < 0) return
    this.rows.copyWithin(cell, cell + 1, this.count)
    this.codes.copyWithin(cell, cell + 1, this.count)
    this.numbers?.copyWithin(cell, cell + 1, this.count)
    this.count--
  }

  /** Sets the cells of some rows, given in rising order; `numbers` is NaN for what is not one. */
  merge(rows: readonly number[], codes: readonly number[], numbers: readonly number[]): void {
    const old = { rows: this.rows, codes: this.codes, numbers: this.numbers, count: this.count }
    this.count = 0
    this.rows = new Uint32Array(old.count + rows.length)
    this.codes = new Uint32Array(old.count + rows.length)
    this.numbers = undefined
    let i = 0
    for (let next = 0; next <= rows.length; next++) {
      const row = rows[next] ?? Number.POSITIVE_INFINITY
      for (; i < old.count && old.rows[i]! < row; i++) this.push(old.rows[i]!, old.codes[i]!, old.numbers?.[i])
      if (next === rows.length) break
      if (i < old.count && old.rows[i] === row) i++
      this.push(row, codes[next]!, numbers[next]!)
    }
  }

  /** Which cell is this row's, or -1. */
  at(row: number): number {
    const { rows, count } = this
    if (row < count && rows[row] === row) return row
    let low = 0
    let high = Math.min(row, count - 1)
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = rows[middle]!
      if (found === row) return middle
      if (found < row) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  #grow(): void {
    const room = Math.max(16, this.rows.length * 2)
    const rows = words(room)
    rows.set(this.rows)
    this.rows = rows
    const codes = words(room)
    codes.set(this.codes)
    this.codes = codes
    if (this.numbers !== undefined) {
      const numbers = doubles(room)
      numbers.set(this.numbers)
      this.numbers = numbers
    }
  }
}
