import type { Batch } from './batch.ts'
import { FALSE, NULL, TRUE } from './dictionary.ts'
import { Output } from './output.ts'
import type { Shape } from './schema.ts'

const CLOSE = 0x7d
const NEWLINE = 0x0a
const WORDS: Record<number, Buffer> = {
  [NULL]: Buffer.from('null'),
  [FALSE]: Buffer.from('false'),
  [TRUE]: Buffer.from('true'),
}
const SEQ = Buffer.from('{"seq":')
const COLLECTOR = Buffer.from(',"collector":')
const FIRST_TYPE = Buffer.from('{"type":')
const TYPE = Buffer.from(',"type":')
const HOSTNAME = Buffer.from(',"hostname":')
const TIME = Buffer.from(',"time":')
const RECEIVED_AT = Buffer.from(',"received_at":')
const TAGS = Buffer.from(',"tags":')
const MD5 = Buffer.from(',"md5":')
const INFO = Buffer.from(',"additional_info":')
const EMPTY = Buffer.from('{}')

/** Bytes an event took lately, so that the next output is hardly ever too small. */
let typical = 512

/**
 * Rows [from, to) of the batch as JSON lines: one event a line with its keys in the order of TOP_KEYS, each line ended
 * by \n. `seq` and `collector` are there only if the batch is journaled. Scanned by a trusted origin they give an equal
 * batch. The bytes are the caller's.
 */
export function writeLines(batch: Batch, from = 0, to: number = batch.length): Buffer {
  const rows = to - from
  if (rows <= 0) return Buffer.alloc(0)
  const writer = new Writer(batch, Math.ceil(rows * typical * 1.125) + 1024)
  for (let row = from; row < to; row++) writer.line(row)
  const { bytes, length } = writer.output
  typical = Math.min(1 << 20, Math.max(64, length / rows))
  return bytes.subarray(0, length)
}

/** The row's additional_info as compact JSON. */
export function writeInfo(batch: Batch, row: number): string {
  let writer = WRITERS.get(batch)
  if (writer === undefined) {
    writer = new Writer(batch, 1024)
    WRITERS.set(batch, writer)
  }
  const { output } = writer
  output.length = 0
  writer.info(row)
  return output.bytes.toString('utf8', 0, output.length)
}

/** Of those who ask row by row. */
const WRITERS: WeakMap<Batch, Writer> = new WeakMap()

class Writer {
  readonly output: Output
  readonly #batch: Batch
  readonly #collector: Buffer
  /** Per column: the cell after the one written last. Rows mostly come in order. */
  readonly #cursors: Uint32Array
  /** The shape written last, and its steps from the first. */
  #shape: Shape | undefined
  readonly #steps: Shape[] = []

  constructor(batch: Batch, room: number) {
    this.#batch = batch
    this.output = new Output(room)
    this.#cursors = new Uint32Array(batch.columns.length)
    this.#collector = Buffer.from(JSON.stringify(batch.collector))
  }

  line(row: number): void {
    const batch = this.#batch
    const { output } = this
    if (batch.seq > 0) {
      output.raw(SEQ)
      output.number(batch.seq + row)
      output.raw(COLLECTOR)
      output.raw(this.#collector)
      output.raw(TYPE)
    } else output.raw(FIRST_TYPE)
    this.#text(batch.type[row]!)
    output.raw(HOSTNAME)
    this.#text(batch.hostname[row]!)
    output.raw(TIME)
    output.time(batch.time[row]!)
    output.raw(RECEIVED_AT)
    output.time(batch.receivedAt[row]!)
    output.raw(TAGS)
    this.#text(batch.tags[row]!)
    output.raw(MD5)
    this.#text(batch.md5[row]!)
    output.raw(INFO)
    this.info(row)
    output.room(2)
    output.byte(CLOSE)
    output.byte(NEWLINE)
  }

  info(row: number): void {
    const { output } = this
    const shape = this.#batch.shape(row)
    if (shape.path === undefined) {
      output.raw(EMPTY)
      return
    }
    if (shape !== this.#shape) this.#turnTo(shape)
    for (const step of this.#steps) {
      output.raw(step.lead.word.bytes)
      this.#cell(step, row)
    }
    for (let depth = shape.path.depth; depth > 0; depth--) output.byte(CLOSE)
  }

  #turnTo(shape: Shape): void {
    this.#shape = shape
    this.#steps.length = 0
    for (let at: Shape | undefined = shape; at?.path; at = at.parent) this.#steps.push(at)
    this.#steps.reverse()
  }

  #cell(step: Shape, row: number): void {
    const column = this.#batch.column(step.path!)!
    let cell = this.#cursors[column.index]!
    if (!(cell < column.count && column.rows[cell] === row)) cell = column.at(row)
    this.#cursors[column.index] = cell + 1
    const code = column.codes[cell]!
    const number = column.numbers === undefined ? Number.NaN : column.numbers[cell]!
    if (code <= TRUE) {
      if (number === number) this.output.number(number)
      else this.output.raw(WORDS[code]!)
    } else this.#text(code)
  }

  #text(code: number): void {
    const { bytes, offsets, json } = this.#batch.dictionary
    const from = offsets[code]!
    const to = offsets[code + 1]!
    if (json[code] === 1) this.output.raw(bytes, from, to)
    else this.output.string(bytes, from, to)
  }
}
