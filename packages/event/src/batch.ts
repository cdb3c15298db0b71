import { Column } from './column.ts'
import { Dictionary, NUMBER } from './dictionary.ts'
import type { Event, Json, JsonObject } from './event.ts'
import { type Path, Schema, type Shape } from './schema.ts'
import { doubles, words } from './slab.ts'
import { unfold } from './unfold.ts'
import { roomFor } from './usual.ts'

/**
 * A small columnar table of events: what travels through Telltale. Whoever builds it owns it until it is journaled;
 * from then on nobody may change it, and anybody may keep it. Arrays may be longer than {@link length}; only that many
 * entries are valid.
 */
export class Batch {
  static #made = 0
  readonly #id = ++Batch.#made
  readonly schema: Schema
  readonly dictionary: Dictionary
  /** Rows. */
  length = 0
  /** The seq of the first row; row i has seq + i. 0 until journaled. */
  seq = 0
  collector = ''
  /** Dictionary codes, one a row. */
  type: Uint32Array
  hostname: Uint32Array
  /** Code of the JSON text of the array, `[]` where there are none. */
  tags: Uint32Array
  /** Code of the fingerprint; code of the empty string until calculated. */
  md5: Uint32Array
  /** ms since the epoch, kept to the microsecond. */
  time: Float64Array
  receivedAt: Float64Array
  /** Id of each row's {@link Shape} in the schema. */
  shapes: Uint32Array
  /** The values of additional_info, a column per path that any row fills, in order of first appearance. */
  readonly columns: Column[] = []
  /** By path id. A map, for ids grow with the schema and not with the batch. */
  readonly #byPath: Map<number, Column> = new Map()

  /** @param rows how many rows to make room for at first; it grows as needed */
  constructor(rows = 16, schema: Schema = Schema.shared(), dictionary: Dictionary = new Dictionary()) {
    this.schema = schema
    this.dictionary = dictionary
    this.type = words(rows)
    this.hostname = words(rows)
    this.tags = words(rows)
    this.md5 = words(rows)
    this.time = doubles(rows)
    this.receivedAt = doubles(rows)
    this.shapes = words(rows)
  }

  /** The column of a path of this batch's schema, if any row fills it. */
  column(path: Path): Column | undefined {
    return path.batch === this.#id ? this.columns[path.column] : this.#byPath.get(path.id)
  }

  /** The column of a path, made if new. For builders. */
  ensure(path: Path): Column {
    return path.batch === this.#id ? this.columns[path.column]! : this.#meet(path)
  }

  #meet(path: Path): Column {
    let column = this.#byPath.get(path.id)
    if (column === undefined) {
      column = new Column(path, this.columns.length, roomFor(this.type.length, path.share))
      this.#byPath.set(path.id, column)
      this.columns.push(column)
    }
    path.batch = this.#id
    path.column = column.index
    return column
  }

  /** All columns a query's name means: those whose keys joined by dots equal it. Usually one. */
  named(name: string): Column[] {
    return this.columns.filter(column => column.path.name === name)
  }

  shape(row: number): Shape {
    return this.schema.shapes[this.shapes[row]!]!
  }

  /** Makes room for one more row. For builders. */
  reserve(): void {
    if (this.length < this.type.length) return
    const room = Math.max(16, this.type.length * 2)
    const codes = (old: Uint32Array): Uint32Array => {
      const next = words(room)
      next.set(old)
      return next
    }
    const numbers = (old: Float64Array): Float64Array => {
      const next = doubles(room)
      next.set(old)
      return next
    }
    this.type = codes(this.type)
    this.hostname = codes(this.hostname)
    this.tags = codes(this.tags)
    this.md5 = codes(this.md5)
    this.shapes = codes(this.shapes)
    this.time = numbers(this.time)
    this.receivedAt = numbers(this.receivedAt)
  }

  /** Takes back the cells of the row being built. For builders. */
  abandon(): void {
    const { columns, length } = this
    for (const column of columns) column.drop(length)
    while (columns.length > 0 && columns[columns.length - 1]!.count === 0) {
      const { path } = columns.pop()!
      this.#byPath.delete(path.id)
      path.batch = 0
    }
  }

  /** A cell's value; undefined where the row has none. */
  cell(column: Column, row: number): Json | undefined {
    const i = column.at(row)
    if (i < 0) return undefined
    const number = column.numbers?.[i]
    if (number !== undefined && number === number) return number
    const code = column.codes[i]!
    return code === NUMBER ? undefined : this.dictionary.value(code)
  }

  /** The row as a plain object, made anew; equal to what was sent, in its order. */
  event(row: number): Event {
    const { dictionary } = this
    const event: Event = {
      type: dictionary.text(this.type[row]!),
      hostname: dictionary.text(this.hostname[row]!),
      time: this.time[row]!,
      received_at: this.receivedAt[row]!,
      tags: dictionary.value(this.tags[row]!) as string[],
      md5: dictionary.text(this.md5[row]!),
      additional_info: this.info(row),
    }
    if (this.seq > 0) {
      event.seq = this.seq + row
      event.collector = this.collector
    }
    return event
  }

  /** The row's additional_info, made anew. */
  info(row: number): JsonObject {
    return unfold(this.shape(row).paths, path => this.cell(this.column(path)!, row) as Json)
  }
}
