import type { Batch, Path, Schema } from '@telltale/event'
import { type Codes, lowerBound } from './cells.ts'
import { type ChunkParts, ChunkView } from './chunk-view.ts'
import { type Numbers, open, seal } from './numbers.ts'
import { OpenCells, type Room, roomOf } from './open-cells.ts'
import { Runs } from './runs.ts'
import { narrow, SealedCells } from './sealed-cells.ts'

/** Rows a chunk holds at most; row numbers must fit sixteen bits. */
export const MAX_ROWS = 65_536
/** A chunk with this many columns takes no more rows. */
const MAX_COLUMNS = 4096
const START = 256
/** What the objects around a column's arrays take, roughly. */
const OBJECTS = 512

const TEXT_KEYS = ['type', 'hostname', 'tags', 'md5'] as const

/**
 * A stretch of events in the order they came. It is appended to until it is full, then sealed column by column, so
 * that no call pays for a whole chunk; it is read through {@link view}s. Sealed, it never changes, but for rows evicted
 * from its front.
 */
export class Chunk implements ChunkParts {
  static #made = 0
  /** No two have the same. */
  readonly id: number = Chunk.#made++
  readonly schema: Schema
  readonly runs: Runs = new Runs()
  /** The columns of additional_info. */
  readonly columns: Map<Path, OpenCells | SealedCells> = new Map()
  type: OpenCells | SealedCells
  hostname: OpenCells | SealedCells
  tags: OpenCells | SealedCells
  md5: OpenCells | SealedCells
  time: Numbers
  receivedAt: Numbers
  /** Rows, the evicted included. */
  length = 0
  /** Rows before this one are evicted. */
  first = 0
  minTime: number = Number.POSITIVE_INFINITY
  maxTime: number = Number.NEGATIVE_INFINITY
  maxReceived: number = Number.NEGATIVE_INFINITY
  sealed = false
  #times: Float64Array = new Float64Array(START)
  #received: Float64Array = new Float64Array(START)
  /** Each row's shape: its id in the schema or, sealed, its place in `shapeIds`. */
  #shapes: Codes = new Uint32Array(START)
  #shapeIds: Uint32Array | undefined
  #steps: Generator<number> | undefined
  #bytes: number | undefined
  /** Once sealed. */
  #view: ChunkView | undefined
  readonly #rooms: ReadonlyMap<Path, Room>

  /** @param like the chunk before, which says how much room will be needed */
  constructor(schema: Schema, like?: Chunk) {
    this.schema = schema
    this.#rooms = new Map([...(like?.columns ?? [])].map(([path, cells]) => [path, roomOf(cells)]))
    this.type = new OpenCells(undefined, true, like && roomOf(like.type))
    this.hostname = new OpenCells(undefined, true, like && roomOf(like.hostname))
    this.tags = new OpenCells(undefined, true, like && roomOf(like.tags))
    this.md5 = new OpenCells(undefined, true, like && roomOf(like.md5))
    this.time = open(this.#times)
    this.receivedAt = open(this.#received)
  }

  /** Whether rows of this batch may go in at all. */
  takes(batch: Batch): boolean {
    return this.schema === batch.schema && this.columns.size <= MAX_COLUMNS
  }

  /** Adds rows `from` to `to` of a batch. @returns how many cells that were */
  append(batch: Batch, from: number, to: number): number {
    const row = this.length
    const shift = row - from
    this.#reserve(row + to - from)
    this.#times.set(batch.time.subarray(from, to), row)
    this.#received.set(batch.receivedAt.subarray(from, to), row)
    this.#shapes.set(batch.shapes.subarray(from, to), row)
    for (let i = from; i < to; i++) {
      const time = batch.time[i]!
      if (time < this.minTime) this.minTime = time
      if (time > this.maxTime) this.maxTime = time
      if (batch.receivedAt[i]! > this.maxReceived) this.maxReceived = batch.receivedAt[i]!
    }
    for (const key of TEXT_KEYS) (this[key] as OpenCells).appendTexts(batch[key], batch.dictionary, from, to)
    this.runs.add(row, batch.seq === 0 ? 0 : batch.seq + from, batch.collector)
    let cells = TEXT_KEYS.length * (to - from)
    for (const column of batch.columns) {
      const start = lowerBound(column.rows, column.count, from)
      const end = to === batch.length ? column.count : lowerBound(column.rows, column.count, to)
      if (start === end) continue
      let own = this.columns.get(column.path) as OpenCells | undefined
      if (own === undefined)
        this.columns.set(column.path, (own = new OpenCells(column.path, false, this.#rooms.get(column.path))))
      own.append(column, batch.dictionary, start, end, shift)
      cells += end - start
    }
    this.length += to - from
    this.#bytes = undefined
    return cells
  }

  /** Seals columns until about so many cells are done. @returns whether the whole chunk is */
  seal(cells: number): boolean {
    this.#steps ??= this.#sealing()
    for (let left = cells; left > 0 && !this.sealed; ) {
      const step = this.#steps.next()
      if (step.done) this.sealed = true
      else left -= step.value
    }
    this.#bytes = undefined
    return this.sealed
  }

  *#sealing(): Generator<number> {
    const { length } = this
    const shared = new Map<number, Uint16Array[]>()
    for (const key of TEXT_KEYS) {
      this[key] = new SealedCells(this[key] as OpenCells, length, shared)
      yield length
    }
    const same = equal(this.#times, this.#received, length)
    this.time = seal(this.#times, length)
    this.receivedAt = same ? this.time : seal(this.#received, length)
    this.#times = this.#received = new Float64Array(0)
    yield length
    this.#sealShapes()
    yield length
    for (const [path, cells] of this.columns) {
      this.columns.set(path, new SealedCells(cells as OpenCells, length, shared))
      yield cells.count
    }
  }

  #sealShapes(): void {
    const codes = this.#shapes.slice(0, this.length) as Uint32Array
    const ids = renumber(codes)
    this.#shapes = narrow(codes, ids.length)
    this.#shapeIds = ids
  }

  /** Evicts rows before `first`. @returns the greatest time among them */
  evict(first: number): number {
    let max = Number.NEGATIVE_INFINITY
    for (let row = this.first; row < first; row++) max = Math.max(max, this.time.at(row))
    this.first = first
    return max
  }

  /** Its rows as they are now. */
  view(): ChunkView {
    if (this.#view?.first === this.first) return this.#view
    const view = new ChunkView(this, { codes: this.#shapes, ids: this.#shapeIds })
    if (this.sealed) this.#view = view
    return view
  }

  /** Honest bytes of all arrays, their spare room included; the schema is everybody's. */
  get byteLength(): number {
    if (this.#bytes === undefined) {
      let bytes = this.#times.byteLength + this.#received.byteLength + this.#shapes.byteLength + this.runs.byteLength
      if (this.#times.length === 0) {
        bytes += this.time.byteLength + (this.time === this.receivedAt ? 0 : this.receivedAt.byteLength)
      }
      for (const key of TEXT_KEYS) bytes += this[key].byteLength + OBJECTS
      for (const cells of this.columns.values()) bytes += cells.byteLength + OBJECTS
      this.#bytes = bytes
    }
    return this.#bytes
  }

  #reserve(count: number): void {
    if (count <= this.#times.length) return
    let room = this.#times.length * 2
    while (room < count) room *= 2
    const times = new Float64Array(room)
    times.set(this.#times)
    const received = new Float64Array(room)
    received.set(this.#received)
    const shapes = new Uint32Array(room)
    shapes.set(this.#shapes)
    this.#times = times
    this.#received = received
    this.#shapes = shapes
    this.time = open(times)
    this.receivedAt = open(received)
  }
}

/** Replaces each id by the place where it is among all of them. @returns all of them, in the order they came */
function renumber(codes: Uint32Array): Uint32Array {
  const places = new Uint32Array(greatest(codes) + 1)
  const ids: number[] = []
  for (let i = 0; i < codes.length; i++) {
    const id = codes[i]!
    if (places[id] === 0) places[id] = ids.push(id)
    codes[i] = places[id]! - 1
  }
  return Uint32Array.from(ids)
}

function greatest(codes: Uint32Array): number {
  let most = 0
  for (let i = 0; i < codes.length; i++) most = Math.max(most, codes[i]!)
  return most
}

function equal(a: Float64Array, b: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false
  return true
}
