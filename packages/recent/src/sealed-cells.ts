import { FIRST_TEXT, NUMBER, type Path } from '@telltale/event'
import type { Cells, Codes, Freezable } from './cells.ts'
import { type Numbers, seal } from './numbers.ts'
import type { OpenCells } from './open-cells.ts'
import { type OpenTexts, SealedTexts } from './texts.ts'

/** Columns often fill the very same rows: who seals a chunk keeps one array for all of them. */
export type SharedRows = Map<number, Uint16Array[]>

/** A column as small as it gets. Nobody may append to it any more. */
export class SealedCells implements Cells, Freezable {
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
    const codes = cells.codes?.subarray(0, count)
    if (cells.numbers !== undefined) this.numbers = seal(cells.numbers.offsets as Float64Array, count)
    if (codes === undefined || (this.numbers !== undefined && texts.size === FIRST_TEXT && areNumbers(codes))) {
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

  frozen(): Cells {
    return this
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
  const plain = plainBytes(codes, offsets)
  return plain <= used + size * 4 + codes.length * (size <= 0x100 ? 1 : size <= 0x10000 ? 2 : 4)
}

/** Bytes with a text a cell, its offset included; infinite where some cell is no text. */
function plainBytes(codes: Uint32Array, offsets: Uint32Array): number {
  let plain = 0
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code < FIRST_TEXT) return Number.POSITIVE_INFINITY
    plain += offsets[code + 1]! - offsets[code]! + 4
  }
  return plain
}

function equal(a: Uint16Array, b: Uint16Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** A copy in the least width that holds codes below `size`. */
export function narrow(codes: Uint32Array, size: number): Codes {
  return size <= 0x100 ? new Uint8Array(codes) : size <= 0x10000 ? new Uint16Array(codes) : codes.slice()
}
