import { type Column, type Dictionary, FIRST_TEXT, NUMBER, type Path } from '@telltale/event'
import type { Cells, Freezable } from './cells.ts'
import { type Numbers, open } from './numbers.ts'
import { OpenTexts } from './texts.ts'

/** How much a column holds. */
export interface Room {
  readonly cells: number
  readonly texts: number
}

/** Room for about as much as this column holds: the next chunk's will not be very different. */
export function roomOf({ count, texts }: { count: number; texts: { size: number } }): Room {
  return { cells: Math.ceil(count * 1.1) + 16, texts: Math.ceil(texts.size * 1.1) }
}

/** A column still growing. */
export class OpenCells implements Freezable {
  readonly path: Path | undefined
  readonly texts: OpenTexts
  count = 0
  rows: Uint16Array | undefined
  codes: Uint32Array | undefined
  numbers: Numbers | undefined
  #values: Float64Array | undefined
  #room: number

  /**
   * @param dense every row has a cell
   * @param given how much to make room for at first; it grows as needed
   */
  constructor(path: Path | undefined, dense: boolean, given: Room | undefined) {
    const room = given?.cells ?? 16
    this.path = path
    this.texts = new OpenTexts(given?.texts ?? 4)
    this.#room = room
    this.rows = dense ? undefined : new Uint16Array(room)
  }

  get byteLength(): number {
    const { texts, codes, rows } = this
    const { bytes, offsets } = texts.dictionary
    const values = this.#values?.byteLength ?? 0
    return (codes?.byteLength ?? 0) + (rows?.byteLength ?? 0) + values + bytes.length + offsets.byteLength * 4
  }

  // Arrays are written beyond `count` only, and replaced when they are full.
  frozen(): Cells {
    const { path, count, rows, codes, numbers, texts, byteLength } = this
    return { path, count, rows, codes, numbers, texts: texts.frozen(), byteLength }
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
    // As long as all are numbers they need no codes; those made later start as that of a number.
    if (!column.plain || this.codes !== undefined) this.#appendCodes(column.codes, column.numbers, dictionary, from, to)
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
      this.#values = new Float64Array(this.#room).fill(Number.NaN, 0, this.count)
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
    this.codes ??= new Uint32Array(this.#room)
    const mine = this.codes
    const known = translation(dictionary.size)
    const { texts, count } = this
    for (let i = from; ; ) {
      i =
        numbers === undefined
          ? translate(codes, i, to, known, mine, count - from)
          : translateMixed(codes, numbers, i, to, known, mine, count - from)
      if (i === to) return
      known[codes[i]!] = texts.adopt(dictionary, codes[i]!)
    }
  }

  #reserve(count: number): void {
    if (count <= this.#room) return
    let room = this.#room * 2
    while (room < count) room *= 2
    this.#room = room
    if (this.codes !== undefined) this.codes = moved(this.codes, new Uint32Array(room))
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

/**
 * Writes cells in their new codes, cell i to i + shift, up to one whose text is not known yet.
 * @returns which that is, or `to`
 */
function translate(
  codes: Uint32Array,
  from: number,
  to: number,
  known: Uint32Array,
  mine: Uint32Array,
  shift: number,
): number {
  for (let i = from; i < to; i++) {
    const theirs = codes[i]!
    const code = theirs < FIRST_TEXT ? theirs : known[theirs]!
    if (code === 0 && theirs !== NUMBER) return i
    mine[i + shift] = code
  }
  return to
}

/** As {@link translate}, where some cells are numbers. */
function translateMixed(
  codes: Uint32Array,
  numbers: Float64Array,
  from: number,
  to: number,
  known: Uint32Array,
  mine: Uint32Array,
  shift: number,
): number {
  for (let i = from; i < to; i++) {
    const theirs = numbers[i] === numbers[i] ? NUMBER : codes[i]!
    const code = theirs < FIRST_TEXT ? theirs : known[theirs]!
    if (code === 0 && theirs !== NUMBER) return i
    mine[i + shift] = code
  }
  return to
}

function moved<T extends Uint16Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
