import { Batch } from './batch.ts'
import { Dictionary, FALSE, NULL, TRUE } from './dictionary.ts'
import { BOUNDS, type Bounds, type Event, type Json, type JsonObject, type Origin, type Problem } from './event.ts'
import { type Refusal, readEvent } from './law.ts'
import { toPlain } from './plain.ts'
import { type Path, Schema, type Shape } from './schema.ts'
import { remember, roomFor, usual } from './usual.ts'

/** Events as code may write them: any part may be missing, keys may stand at top level, a bare string is a message. */
export type EventInput = string | Partial<Event> | JsonObject

/** How much a batch may hold before its builder is full. */
export interface BatchBounds {
  rows: number
  columns: number
  /** Bytes of distinct texts. */
  bytes: number
}
export const BATCH_BOUNDS: BatchBounds = { rows: 32_768, columns: 4096, bytes: 64 << 20 }

/** Builds a batch row by row, from objects or other batches' rows. {@link scanInto} does so from bytes. */
export class BatchBuilder {
  readonly batch: Batch
  readonly bounds: Bounds
  /** Only of trusted senders: each row's seq, NaN where it had none, and its collector's code, -1 where it had none. */
  readonly seqs: number[] = []
  readonly collectors: number[] = []
  readonly #most: BatchBounds
  readonly #codes: Map<string, number> = new Map()
  #noTags = -1
  #noText = -1

  constructor(bounds: Bounds = BOUNDS, rows = 16, most: BatchBounds = BATCH_BOUNDS) {
    this.bounds = bounds
    const texts = new Dictionary(roomFor(rows, usual.texts), roomFor(rows, usual.bytes))
    this.batch = new Batch(rows, Schema.shared(), texts)
    this.#most = most
  }

  /** Whether the batch has grown so large that the next event should go into a new one. */
  get full(): boolean {
    const { length, columns, dictionary, schema } = this.batch
    const { rows, columns: most, bytes } = this.#most
    return length >= rows || columns.length >= most || dictionary.used >= bytes || (schema.full && length > 0)
  }

  /** Adds one event. @returns why not, where it is none */
  add(input: unknown, origin: Origin): Refusal | undefined {
    const plain = toPlain(input, this.bounds)
    return 'reason' in plain ? plain : this.addPlain(plain.value, origin)
  }

  /** As {@link add}, of what {@link toPlain} made already: runs no one's code. */
  addPlain(value: Json, origin: Origin): Refusal | undefined {
    const said = readEvent(value, origin, this.bounds)
    if ('reason' in said) return said
    const { batch } = this
    const { dictionary } = batch
    batch.reserve()
    const row = batch.length
    batch.type[row] = dictionary.string(said.type)
    batch.hostname[row] = dictionary.string(said.hostname)
    batch.tags[row] = dictionary.jsonText(JSON.stringify(said.tags))
    batch.md5[row] = dictionary.string(said.md5)
    batch.time[row] = said.time
    batch.receivedAt[row] = said.receivedAt
    batch.shapes[row] = this.#values(row, batch.schema.empty, batch.schema.root, said.info).id
    batch.length++
    if (origin.trusted)
      this.journaled(row, said.seq ?? Number.NaN, said.collector === undefined ? -1 : dictionary.string(said.collector))
    return undefined
  }

  /**
   * The batch is done: what it held says how much room the next ones make at first.
   * @param bytes it was made of, where known
   */
  done(bytes?: number): Batch {
    remember(this.batch, bytes)
    return this.batch
  }

  /** Appends a row of another batch, or of this one. */
  copy(from: Batch, row: number): void {
    const { batch } = this
    const { dictionary, schema } = batch
    batch.reserve()
    const to = batch.length
    for (const key of ['type', 'hostname', 'tags', 'md5'] as const)
      batch[key][to] = dictionary.adopt(from.dictionary, from[key][row]!)
    batch.time[to] = from.time[row]!
    batch.receivedAt[to] = from.receivedAt[row]!
    let shape = schema.empty
    for (const theirs of from.shape(row).paths) {
      const column = from.column(theirs)!
      const cell = column.at(row)
      const path = schema === from.schema ? theirs : schema.path(theirs.keys)
      shape = schema.step(shape, path)
      batch.ensure(path).push(to, dictionary.adopt(from.dictionary, column.codes[cell]!), column.numbers?.[cell])
    }
    batch.shapes[to] = shape.id
    batch.length++
  }

  /** Notes what a trusted sender said of a row's place in a journal. Rows nothing was said of may be left out. */
  journaled(row: number, seq: number, collector: number): void {
    while (this.seqs.length < row) {
      this.seqs.push(Number.NaN)
      this.collectors.push(-1)
    }
    this.seqs.push(seq)
    this.collectors.push(collector)
  }

  /** The code of a text that many rows will share. */
  code(text: string): number {
    let code = this.#codes.get(text)
    if (code === undefined) {
      code = this.batch.dictionary.string(text)
      this.#codes.set(text, code)
    }
    return code
  }

  /** The code of the empty text. */
  get noText(): number {
    if (this.#noText < 0) this.#noText = this.batch.dictionary.string('')
    return this.#noText
  }

  /** The code of no tags. */
  get noTags(): number {
    if (this.#noTags < 0) this.#noTags = this.batch.dictionary.jsonText('[]')
    return this.#noTags
  }

  #values(row: number, shape: Shape, parent: Path, object: JsonObject): Shape {
    const { batch } = this
    const { schema, dictionary } = batch
    let at = shape
    for (const key of Object.keys(object)) {
      const value = object[key]!
      const path = schema.child(parent, key)
      if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
        at = this.#values(row, at, path, value)
        continue
      }
      at = schema.step(at, path)
      const column = batch.ensure(path)
      if (typeof value === 'number') column.pushNumber(row, value)
      else if (typeof value === 'string') column.pushCode(row, dictionary.string(value))
      else if (value === null) column.pushCode(row, NULL)
      else if (typeof value === 'boolean') column.pushCode(row, value ? TRUE : FALSE)
      else column.pushCode(row, dictionary.jsonText(JSON.stringify(value)))
    }
    return at
  }
}

/** A batch of events given as objects; those that are none come back as problems. */
export function batchOf(
  inputs: readonly EventInput[],
  origin: Origin,
  bounds: Bounds = BOUNDS,
): { batch: Batch; problems: Problem[] } {
  const builder = new BatchBuilder(bounds, inputs.length)
  const problems: Problem[] = []
  inputs.forEach((input, index) => {
    const refusal = builder.add(input, origin)
    if (refusal !== undefined) problems.push({ index, ...refusal, sample: sampleOf(input) })
  })
  return { batch: builder.batch, problems }
}

/** The start of what came; also of what JSON can't write. */
function sampleOf(input: unknown): string {
  try {
    return (JSON.stringify(input) ?? String(input)).slice(0, 200)
  } catch {
    return String(input).slice(0, 200)
  }
}
