import { type Event, type Path, type Schema, unfold } from '@telltale/event'
import { type Cells, type Codes, cellOf, codeAt, type Freezable, valueAt } from './cells.ts'
import type { Numbers } from './numbers.ts'
import type { Runs } from './runs.ts'
import { TimeCells } from './time-cells.ts'

const TEXT_KEYS = ['type', 'hostname', 'tags', 'md5'] as const
type TextKey = (typeof TEXT_KEYS)[number]

/** What a view is made of. */
export interface ChunkParts extends Readonly<Record<TextKey, Freezable>> {
  readonly id: number
  readonly schema: Schema
  readonly runs: Runs
  readonly columns: ReadonlyMap<Path, Freezable>
  readonly time: Numbers
  readonly receivedAt: Numbers
  readonly length: number
  readonly first: number
  readonly minTime: number
  readonly maxTime: number
  readonly sealed: boolean
}

/** Each row's shape: its id in the schema or, with ids, its place among them. */
export interface Shapes {
  readonly codes: Codes
  readonly ids: Uint32Array | undefined
}

/**
 * A chunk's rows as they were at one moment. Whatever the chunk goes through after (rows added, sealed, evicted), this
 * stays the same: arrays are only ever written to beyond what a view knows of, or replaced.
 */
export class ChunkView {
  readonly id: number
  readonly schema: Schema
  readonly runs: Runs
  /** The columns of additional_info. */
  readonly columns: ReadonlyMap<Path, Cells>
  readonly type: Cells
  readonly hostname: Cells
  readonly tags: Cells
  readonly md5: Cells
  readonly time: Numbers
  readonly receivedAt: Numbers
  /** Rows, the evicted included. */
  readonly length: number
  /** Rows before this one were evicted. */
  readonly first: number
  readonly minTime: number
  readonly maxTime: number
  readonly sealed: boolean
  readonly #shapes: Shapes

  constructor(parts: ChunkParts, shapes: Shapes) {
    this.id = parts.id
    this.schema = parts.schema
    this.runs = parts.runs
    this.columns = new Map([...parts.columns].map(([path, cells]) => [path, cells.frozen()]))
    this.type = parts.type.frozen()
    this.hostname = parts.hostname.frozen()
    this.tags = parts.tags.frozen()
    this.md5 = parts.md5.frozen()
    this.time = parts.time
    this.receivedAt = parts.receivedAt
    this.length = parts.length
    this.first = parts.first
    this.minTime = parts.minTime
    this.maxTime = parts.maxTime
    this.sealed = parts.sealed
    this.#shapes = shapes
  }

  /** The times, as a column. */
  get times(): Cells {
    return new TimeCells(this.time, this.length)
  }

  get receivedTimes(): Cells {
    return new TimeCells(this.receivedAt, this.length)
  }

  /** All columns a query's name means: those whose keys joined by dots equal it. */
  named(name: string): Cells[] {
    const found: Cells[] = []
    for (const [path, cells] of this.columns) if (path.name === name) found.push(cells)
    return found
  }

  /** All columns at or below what a query's name means. */
  under(name: string): Cells[] {
    const found: Cells[] = []
    for (const [{ name: own }, cells] of this.columns) {
      if (own === name || own.startsWith(`${name}.`)) found.push(cells)
    }
    return found
  }

  /** The row as a plain object, made anew. */
  event(row: number): Event {
    const event: Event = {
      type: this.#text('type', row),
      hostname: this.#text('hostname', row),
      time: this.time.at(row),
      received_at: this.receivedAt.at(row),
      tags: valueAt(this.tags, row) as string[],
      md5: this.#text('md5', row),
      additional_info: unfold(this.#paths(row), path => {
        const cells = this.columns.get(path)!
        return valueAt(cells, cellOf(cells, row))
      }),
    }
    const seq = this.runs.seq(row)
    if (seq > 0) {
      event.seq = seq
      event.collector = this.runs.collector(row)
    }
    return event
  }

  #text(key: TextKey, row: number): string {
    const cells = this[key]
    return cells.texts.text(codeAt(cells, row))
  }

  #paths(row: number): readonly Path[] {
    const { codes, ids } = this.#shapes
    const shape = codes[row]!
    return this.schema.shapes[ids === undefined ? shape : ids[shape]!]!.paths
  }
}
