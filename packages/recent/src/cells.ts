import { type Column, type Dictionary, FIRST_TEXT, type Json, NUMBER, type Path } from '@telltale/event'
import { type Numbers, open, seal } from './numbers.ts'
import { constantOrText, OpenTexts, SealedTexts, type Texts } from './texts.ts'

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

/** How much a column holds. */
export interface Room {
  readonly cells: number
  readonly texts: number
}

/** Room for about as much as this column holds: the next chunk's will not be very different. */
export function roomOf({ count, texts }: Cells): Room {
  return { cells: Math.ceil(count * 1.1) + 16, texts: Math.ceil(texts.size * 1.1) }
}

/** A column still growing. */
export class OpenCells implements Cells {
  readonly path: Path | undefined
  readonly texts: OpenTexts
  count = 0
  rows: Uint16Array | undefined
  codes: Uint32Array
  numbers: Numbers | undefined
  #values: Float64Array | undefined

  /**
   * @param dense every row has a cell
   * @param given how much to make room for at first; it grows as needed
   */
  constructor(path: Path | undefined, dense: boolean, given: Room | undefined) {
    const room = given?.cells ?? 16
    this.path = path
    this.texts = new OpenTexts(given?.texts ?? 4)
    this.codes = new Uint32Array(room)
    this.rows = dense ? undefined : new Uint16Array(room)
  }

  get byteLength(): number {
    const { texts, codes, rows } = this
    const { bytes, offsets } = texts.dictionary
    const values = this.#values?.byteLength ?? 0
    return codes.byteLength + (rows?.byteLength ?? 0) + values + bytes.length + offsets.byteLength * 4
  }

  /** Adds cells `from` to `to` of a batch's column; row r of the batch becomes row r + shift. */
  append(column: Column, dictionary: Dictionary, from: number, to: number, shift: number): void {
    const at = this.count
    this.#reserve(at + to - from)
    const rows = this.rows!
    const source = column.rows
    for (let i = from; i < to; i++) rows[at + i - from] = source[i]! + shift
    if (column.numbers !== undefined) this.#appendNumbers(column.numbers, from, to)
    else this.#values?.fill(Number.NaN, at, at + to - from)
    this.#appendCodes(column.codes, column.numbers, dictionary, from, to)
    this.count = at + to - from
  }

  /** Adds a text a row: codes `from` to `to` of a batch's dictionary. */
  appendTexts(codes: Uint32Array, dictionary: Dictionary, from: number, to: number): void {
    this.#reserve(this.count + to - from)
    this.#appendCodes(codes, undefined, dictionary, from, to)
    this.count += to - from
  }

  #appendNumbers(numbers: Float64Array, from: number, to: number): void {
    if (this.#values === undefined) {
      this.#values = new Float64Array(this.codes.length).fill(Number.NaN, 0, this.count)
      this.numbers = open(this.#values)
    }
    this.#values.set(numbers.subarray(from, to), this.count)
  }

  #appendCodes(
    codes: Uint32Array,
    numbers: Float64Array | undefined,
    dictionary: Dictionary,
    from: number,
    to: number,
  ): void {
    const mine = this.codes
    const known = translation(dictionary.size)
    const own = this.texts.dictionary
    for (let i = from, at = this.count; i < to; i++, at++) {
      let code = codes[i]!
      if (code >= FIRST_TEXT) {
        if (numbers !== undefined && numbers[i] === numbers[i]) code = NUMBER
        else {
          const theirs = code
          code = known[theirs]!
          if (code === 0) {
            code = own.adopt(dictionary, theirs)
            known[theirs] = code
          }
        }
      }
      mine[at] = code
    }
  }

  #reserve(count: number): void {
    if (count <= this.codes.length) return
    let room = this.codes.length * 2
    while (room < count) room *= 2
    this.codes = moved(this.codes, new Uint32Array(room))
    if (this.rows !== undefined) this.rows = moved(this.rows, new Uint16Array(room))
    if (this.#values !== undefined) {
      this.#values = moved(this.#values, new Float64Array(room))
      this.numbers = open(this.#values)
    }
  }
}

let scratch = new Uint32Array(1024)

/** From a batch's codes to a column's, empty. Valid until asked for again. */
function translation(size: number): Uint32Array {
  if (scratch.length < size) scratch = new Uint32Array(size * 2)
  else scratch.fill(0, 0, size)
  return scratch
}

function moved<T extends Uint16Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}

/** Columns often fill the very same rows: who seals a chunk keeps one array for all of them. */
export type SharedRows = Map<number, Uint16Array[]>

/** A column as small as it gets. Nobody may append to it any more. */
export class SealedCells implements Cells {
  readonly path: Path | undefined
  readonly count: number
  readonly rows: Uint16Array | undefined
  readonly codes: Codes | undefined
  readonly numbers: Numbers | undefined
  readonly texts: SealedTexts
  readonly byteLength: number

  /** @param length rows of the chunk */
  constructor(cells: OpenCells, length: number, shared: SharedRows) {
    const { count, texts } = cells
    this.path = cells.path
    this.count = count
    let bytes = 0
    if (cells.rows !== undefined && count < length) {
      const known = shared.get(count) ?? []
      const rows = known.find(other => equal(other, cells.rows!)) ?? cells.rows.slice(0, count)
      if (!known.includes(rows)) {
        shared.set(count, [...known, rows])
        bytes += rows.byteLength
      }
      this.rows = rows
    }
    const codes = cells.codes.subarray(0, count)
    if (cells.numbers !== undefined) this.numbers = seal(cells.numbers.offsets as Float64Array, count)
    if (this.numbers !== undefined && texts.size === FIRST_TEXT && areNumbers(codes)) {
      this.texts = SealedTexts.of(texts)
    } else if (this.numbers === undefined && isPlainSmaller(codes, texts)) {
      this.texts = SealedTexts.of(texts, codes)
    } else {
      this.texts = SealedTexts.of(texts)
      this.codes = narrow(codes, texts.size)
      bytes += this.codes.byteLength
    }
    this.byteLength = bytes + this.texts.byteLength + (this.numbers?.byteLength ?? 0)
  }
}

function areNumbers(codes: Uint32Array): boolean {
  for (let i = 0; i < codes.length; i++) if (codes[i] !== NUMBER) return false
  return true
}

/** Whether a nearly-unique column takes less room with a text a cell than with a code a cell. */
function isPlainSmaller(codes: Uint32Array, texts: OpenTexts): boolean {
  const { size, used, offsets } = texts.dictionary
  if (size - FIRST_TEXT < codes.length / 2) return false
  let plain = 0
  for (const code of codes) {
    if (code < FIRST_TEXT) return false
    plain += offsets[code + 1]! - offsets[code]! + 4
  }
  return plain <= used + size * 4 + codes.length * (size <= 0x100 ? 1 : size <= 0x10000 ? 2 : 4)
}

function equal(a: Uint16Array, b: Uint16Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** A copy in the least width that holds codes below `size`. */
export function narrow(codes: Uint32Array, size: number): Codes {
  return size <= 0x100 ? new Uint8Array(codes) : size <= 0x10000 ? new Uint16Array(codes) : codes.slice()
}
