import { FALSE, FIRST_TEXT, type Json, NULL, NUMBER, TRUE } from '@telltale/event'
import type { Steps } from '@telltale/query'
import type { Cells, Codes } from '../cells.ts'
import { MAX_ROWS } from '../chunk.ts'
import type { Scratch } from '../scratch.ts'
import { wordsOf } from '../selection.ts'
import { constantOrText, type Texts } from '../texts.ts'
import type { Narrow } from './condition.ts'
import { EVERY_NUMBER, type Interval, touches, within } from './interval.ts'
import { containing, containingFolded, equalling } from './search.ts'

/** A condition on one value: what `test` says, and where possible a faster way to say the same. */
export interface ValueTest {
  /** The law. */
  readonly test: (value: Json) => boolean
  /** The numbers for which it is true. */
  readonly numbers: readonly Interval[]
  /** Which of the numbers in `numbers` too, where intervals do not say. */
  readonly number?: (value: number) => boolean
  /** It is true of these strings and no others. */
  readonly equal?: readonly Buffer[]
  /** It is true of every string, or of none. */
  readonly strings?: boolean
  /** It is true of the strings that contain this. */
  readonly contains?: Buffer
  /** It is true of the strings that contain this, of ASCII alone, regardless of case. */
  readonly folded?: string
}

const UNKNOWN = 0
const NO = 1
const YES = 2
/** Up to so many texts are asked at once, before any row is looked at. */
const EAGER = 128
/** Texts asked in a step, and numbers. */
const ASKED = 16
const TESTED = 2048

/** How to keep the rows whose cell passes; rows without a cell go. */
export function* narrowBy(cells: Cells, by: ValueTest, scratch: Scratch): Steps<Narrow | 'never' | 'always'> {
  const { numbers } = cells
  const anyNumber = numbers !== undefined && touches(by.numbers, numbers)
  const { known, complete } = yield* verdicts(cells, by)
  if (!anyNumber && complete && !known.includes(YES)) return 'never'
  const constants = cells.path !== undefined && cells.codes !== undefined
  if (cells.rows === undefined && complete && numbers === undefined) {
    if (!known.includes(NO, constants ? NULL : FIRST_TEXT)) return 'always'
  }
  return function* (mask) {
    const { rows, codes } = cells
    const length = mask.length
    // Where every row has a cell, a mark for each is set below; elsewhere rows without a cell must not have one.
    const hits = scratch.hits.subarray(0, length)
    if (rows !== undefined || cells.count < length) hits.fill(0)
    if (anyNumber) yield* hitNumbers(cells, by, mask, hits)
    else if (numbers !== undefined && rows === undefined) hits.fill(0, 0, cells.count)
    if (codes !== undefined || numbers === undefined) yield* hitCodes(cells, by, known, complete, mask, hits)
    keep(mask, hits)
  }
}

/** What is known per code before any row is looked at; `complete` where nothing is left to find out. */
function* verdicts(cells: Cells, by: ValueTest): Steps<{ known: Uint8Array; complete: boolean }> {
  const { texts, codes } = cells
  const known = new Uint8Array(texts.size)
  known[NUMBER] = NO
  if (codes === undefined || cells.path === undefined) known.fill(NO, 0, FIRST_TEXT)
  else for (const code of [NULL, FALSE, TRUE]) known[code] = verdict(texts, code, by)
  if (texts.size === FIRST_TEXT) return { known, complete: true }
  if (texts.size <= EAGER) {
    if (by.strings !== undefined && !texts.anyJson) known.fill(by.strings ? YES : NO, FIRST_TEXT)
    else for (let code = FIRST_TEXT; code < texts.size; code++) known[code] = verdict(texts, code, by)
    return { known, complete: true }
  }
  if (!(yield* ofStrings(texts, by, known))) return { known, complete: false }
  return { known, complete: !texts.anyJson || !forgetJson(texts, known) }
}

/** Sets the verdict of all texts as if they were strings. @returns whether it could */
function* ofStrings(texts: Texts, by: ValueTest, known: Uint8Array): Steps<boolean> {
  const yes = (code: number): void => {
    known[code] = YES
  }
  if (by.strings !== undefined) known.fill(by.strings ? YES : NO, FIRST_TEXT)
  else if (by.equal !== undefined) {
    known.fill(NO, FIRST_TEXT)
    for (const text of by.equal) yield* equalling(texts, text, yes)
  } else if (by.contains !== undefined) {
    known.fill(NO, FIRST_TEXT)
    yield* containing(texts, by.contains, yes)
  } else if (by.folded !== undefined) {
    known.fill(NO, FIRST_TEXT)
    if (yield* containingFolded(texts, by.folded, yes)) return true
    known.fill(UNKNOWN, FIRST_TEXT)
    return false
  } else return false
  return true
}

/** What is said of strings does not hold for JSON. @returns whether there was any */
function forgetJson(texts: Texts, known: Uint8Array): boolean {
  let any = false
  for (let code = FIRST_TEXT; code < texts.size; code++) {
    if (!texts.isJson(code)) continue
    known[code] = UNKNOWN
    any = true
  }
  return any
}

function verdict(texts: Texts, code: number, by: ValueTest): number {
  return by.test(constantOrText(texts, code)) ? YES : NO
}

/** Sets the hit of each row whose cell is a number. */
function* hitNumbers(cells: Cells, by: ValueTest, mask: Uint8Array, hits: Uint8Array): Steps<void> {
  const { count, rows } = cells
  const numbers = cells.numbers!
  if (by.number !== undefined) {
    for (let from = 0; from < count; from += TESTED) {
      testNumbers(cells, by.number, from, Math.min(count, from + TESTED), mask, hits)
      yield
    }
  } else if (by.numbers !== EVERY_NUMBER) within(by.numbers, numbers, count, rows, hits)
  else if (rows === undefined) hits.fill(1, 0, count)
  else hitEach(rows, count, hits)
}

function hitEach(rows: Uint16Array, count: number, hits: Uint8Array): void {
  for (let i = 0; i < count; i++) hits[rows[i]!] = 1
}

function testNumbers(
  { numbers, rows }: Cells,
  test: (value: number) => boolean,
  from: number,
  to: number,
  mask: Uint8Array,
  hits: Uint8Array,
): void {
  for (let i = from; i < to; i++) {
    const row = rows === undefined ? i : rows[i]!
    hits[row] = mask[row] === 1 && test(numbers!.at(i)) ? 1 : 0
  }
}

/** Sets the hit of each row whose cell is no number. */
function* hitCodes(
  cells: Cells,
  by: ValueTest,
  known: Uint8Array,
  complete: boolean,
  mask: Uint8Array,
  hits: Uint8Array,
): Steps<void> {
  const { codes, numbers, count, rows } = cells
  if (!complete) yield* ask(cells, by, known, mask)
  if (codes !== undefined && numbers === undefined) {
    if (rows === undefined) hitAll(codes, count, known, hits)
    else hitRows(rows, codes, count, known, hits)
    return
  }
  hitMixed(cells, known, hits)
}

function hitMixed({ codes, numbers, count, rows }: Cells, known: Uint8Array, hits: Uint8Array): void {
  for (let i = 0; i < count; i++) {
    const code = codes === undefined ? FIRST_TEXT + i : codes[i]!
    if (code === NUMBER && numbers !== undefined) continue
    hits[rows === undefined ? i : rows[i]!] = known[code]! >> 1
  }
}

/** Finds out what is not known yet of the codes that marked rows have. */
function* ask(cells: Cells, by: ValueTest, known: Uint8Array, mask: Uint8Array): Steps<void> {
  for (let at = 0; at < cells.count; ) {
    at = askSome(cells, by, known, mask, at)
    yield
  }
}

/** @returns where to go on */
function askSome(
  { codes, numbers, count, rows, texts }: Cells,
  by: ValueTest,
  known: Uint8Array,
  mask: Uint8Array,
  from: number,
): number {
  let asked = 0
  let i = from
  for (; i < count && asked < ASKED; i++) {
    const code = codes === undefined ? FIRST_TEXT + i : codes[i]!
    if (known[code] !== UNKNOWN || mask[rows === undefined ? i : rows[i]!] === 0) continue
    if (code === NUMBER && numbers !== undefined) continue
    known[code] = verdict(texts, code, by)
    asked++
  }
  return i
}

// Copied first, so that codes of any width are read in one loop made for one kind of array.
function hitAll(codes: Codes, count: number, known: Uint8Array, hits: Uint8Array): void {
  const only = known.indexOf(YES)
  if (codes instanceof Uint8Array && only >= 0 && known.indexOf(YES, only + 1) < 0) {
    hitBytes(codes, only, hits)
    return
  }
  wide.set(codes.subarray(0, count))
  for (let i = 0; i < count; i++) hits[i] = known[wide[i]!]! >> 1
}

/** Where one code alone is wanted, four at a time: a byte of a word is 0 where it was this code. */
function hitBytes(codes: Uint8Array, only: number, hits: Uint8Array): void {
  const words = wordsOf(codes)
  const wanted = wordsOf(hits)
  const four = Math.imul(only, 0x01010101)
  const { length } = words
  for (let i = 0; i < length; i++) {
    const differs = words[i]! ^ four
    wanted[i] = (~(((differs & 0x7f7f7f7f) + 0x7f7f7f7f) | differs) >>> 7) & 0x01010101
  }
  for (let i = length * 4; i < codes.length; i++) hits[i] = codes[i] === only ? 1 : 0
}

function hitRows(rows: Uint16Array, codes: Codes, count: number, known: Uint8Array, hits: Uint8Array): void {
  wide.set(codes.subarray(0, count))
  for (let i = 0; i < count; i++) hits[rows[i]!] = known[wide[i]!]! >> 1
}

/** Clears every mark without a hit. Whole words first. */
function keep(mask: Uint8Array, hits: Uint8Array): void {
  const words = mask.byteOffset % 4 === 0 ? mask.length >> 2 : 0
  const marks = new Uint32Array(mask.buffer, words > 0 ? mask.byteOffset : 0, words)
  const wanted = new Uint32Array(hits.buffer, hits.byteOffset, words)
  for (let i = 0; i < words; i++) marks[i]! &= wanted[i]!
  for (let i = words * 4; i < mask.length; i++) mask[i]! &= hits[i]!
}

const wide = new Int32Array(MAX_ROWS)
