import { FIRST_TEXT, type Json, NUMBER, type Path } from '@telltale/event'
import type { Numbers } from './numbers.ts'
import { constantOrText, type Texts } from './texts.ts'

export type Codes = Uint8Array | Uint16Array | Uint32Array

/**
 * One column of a chunk: a cell per row that has a value there, in rising row order. Only the first `count` entries of
 * each array are valid. A cell is a number exactly where its code is NUMBER.
 */
export interface Cells {
  readonly path: Path | undefined
  readonly count: number
  /** The row of each cell; undefined where every row has one. */
  readonly rows: Uint16Array | undefined
  /** Undefined where all cells are numbers or, if there are no numbers either, where cell i has the code FIRST_TEXT + i. */
  readonly codes: Codes | undefined
  readonly numbers: Numbers | undefined
  readonly texts: Texts
  /** Honest bytes, the arrays' spare room included. */
  readonly byteLength: number
}

/** A column of a chunk, growing or not. */
export interface Freezable {
  /** The cells there are now, whatever is added later. */
  frozen(): Cells
}

export function codeAt(cells: Cells, i: number): number {
  if (cells.codes !== undefined) return cells.codes[i]!
  return cells.numbers !== undefined ? NUMBER : FIRST_TEXT + i
}

export function valueAt(cells: Cells, i: number): Json {
  const code = codeAt(cells, i)
  return code === NUMBER ? cells.numbers!.at(i) : constantOrText(cells.texts, code)
}

/** Which cell is this row's, or -1. */
export function cellOf(cells: Cells, row: number): number {
  const i = lowerBound(cells.rows, cells.count, row)
  return i < cells.count && (cells.rows === undefined || cells.rows[i] === row) ? i : -1
}

/** The first cell whose row is at least this. */
export function lowerBound(rows: Uint16Array | Uint32Array | undefined, count: number, row: number): number {
  if (rows === undefined) return Math.min(row, count)
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]! < row) low = middle + 1
    else high = middle
  }
  return low
}
