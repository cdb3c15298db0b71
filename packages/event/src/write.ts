import type { Batch } from './batch.ts'
import { FALSE, NULL, TRUE } from './dictionary.ts'
import { Output } from './output.ts'
import type { Shape } from './schema.ts'
import { Word } from './words.ts'

const CLOSE = 0x7d
const NEWLINE = 0x0a
const CONSTANTS: Record<number, Word> = {
  [NULL]: new Word('null'),
  [FALSE]: new Word('false'),
  [TRUE]: new Word('true'),
}
const SEQ = new Word('{"seq":')
const COLLECTOR = new Word(',"collector":')
const FIRST_TYPE = new Word('{"type":')
const TYPE = new Word(',"type":')
const HOSTNAME = new Word(',"hostname":')
const TIME = new Word(',"time":')
const RECEIVED_AT = new Word(',"received_at":')
const TAGS = new Word(',"tags":')
const MD5 = new Word(',"md5":')
const INFO = new Word(',"additional_info":')
const EMPTY = new Word('{}')

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
  readonly #collector: Word
  /** Per column: the cell after the one written last. Rows mostly come in order. */
  readonly #cursors: Uint32Array
  /** The time of receipt written last, and where that stands. */
  #received: number = Number.NaN
  #from = 0
  #to = 0
  /** The shape written last, and its steps from the first. */
  #shape: Shape | undefined
  readonly #steps: Shape[] = []

  constructor(batch: Batch, room: number) {
    this.#batch = batch
    this.output = new Output(room)
    this.#cursors = new Uint32Array(batch.columns.length)
    this.#collector = new Word(JSON.stringify(batch.collector))
  }

  line(row: number): void {
    const batch = this.#batch
    const { output } = this
    if (batch.seq > 0) {
      output.word(SEQ)
      output.number(batch.seq + row)
      output.word(COLLECTOR)
      output.word(this.#collector)
      output.word(TYPE)
    } else output.word(FIRST_TYPE)
    this.#text(batch.type[row]!)
    output.word(HOSTNAME)
    this.#text(batch.hostname[row]!)
    output.word(TIME)
    output.time(batch.time[row]!)
    output.word(RECEIVED_AT)
    this.#receivedAt(batch.receivedAt[row]!)
    output.word(TAGS)
    this.#text(batch.tags[row]!)
    output.word(MD5)
    this.#text(batch.md5[row]!)
    output.word(INFO)
    this.info(row)
    output.room(2)
    output.byte(CLOSE)
    output.byte(NEWLINE)
  }

  /** Mostly the same as in the line before. */
  #receivedAt(value: number): void {
    const { output } = this
    if (value === this.#received) output.again(this.#from, this.#to)
    else {
      this.#received = value
      this.#from = output.length
      output.time(value)
      this.#to = output.length
    }
  }

  info(row: number): void {
    const { output } = this
    const shape = this.#batch.shape(row)
    if (shape.path === undefined) {
      output.word(EMPTY)
      return
    }
    if (shape !== this.#shape) this.#turnTo(shape)
    for (const step of this.#steps) {
      output.word(step.lead.word)
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
      else this.output.word(CONSTANTS[code]!)
    } else this.#text(code)
  }

  #text(code: number): void {
    const { dictionary } = this.#batch
    const from = dictionary.offsets[code]!
    const to = dictionary.offsets[code + 1]!
    if (dictionary.json[code] === 1) this.output.raw(dictionary, from, to)
    else this.output.string(dictionary, from, to)
  }
}
