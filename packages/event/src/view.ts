import type { Batch } from './batch.ts'
import type { Event, Json, JsonObject } from './event.ts'
import { TOP_KEYS } from './event.ts'
import type { Path, Schema } from './schema.ts'

/**
 * An event as user code reads it: the keys of {@link Event}, and those of additional_info beside them where no
 * top-level key has the name (`e.heap_used`). What the event has not is undefined. Values are made when they are asked
 * for; to list or change what an event has, take `toJSON()`, a plain object.
 */
export type RowView = Readonly<Event> & {
  toJSON(): Event
  // biome-ignore lint/suspicious/noExplicitAny: so that `e.heap_used / e.heap_max` needs no casts; events have no types.
  readonly [key: string]: any
}

const BATCH = Symbol('batch')
const ROW = Symbol('row')
const INFO = Symbol('info')

interface Inside {
  [BATCH]: Batch
  [ROW]: number
  [INFO]: JsonObject | undefined
}
type Constructor = new (batch: Batch, row: number) => RowView

/** The row as an object with ordinary properties. The batch must not change as long as it is used. */
export function rowView(batch: Batch, row: number): RowView {
  let views = VIEWS.get(batch.schema)
  if (views === undefined) {
    views = new Views(batch.schema)
    VIEWS.set(batch.schema, views)
  }
  if (views.known < batch.schema.paths.length) views.learn()
  return new views.View(batch, row)
}

/** The class of the rows of one schema: a getter for each first key of its paths, on a prototype that inherits nothing. */
class Views {
  readonly View: Constructor
  /** How many of the schema's paths it has getters for. */
  known = 0
  readonly #schema: Schema

  constructor(schema: Schema) {
    this.#schema = schema
    function View(this: Inside, batch: Batch, row: number): void {
      this[BATCH] = batch
      this[ROW] = row
      this[INFO] = undefined
    }
    View.prototype = Object.create(null, TOP)
    this.View = View as unknown as Constructor
  }

  learn(): void {
    const { paths, root } = this.#schema
    const { prototype } = this.View
    for (; this.known < paths.length; this.known++) {
      const path = paths[this.known]!
      if (path.parent !== root || Object.hasOwn(TOP, path.name)) continue
      Object.defineProperty(prototype, path.name, { configurable: true, get: getter(path) })
    }
  }
}

const VIEWS: WeakMap<Schema, Views> = new WeakMap()

function getter(path: Path): (this: Inside) => Json | undefined {
  return function get(this: Inside): Json | undefined {
    const batch = this[BATCH]
    const column = batch.column(path)
    const value = column === undefined ? undefined : batch.cell(column, this[ROW])
    if (value !== undefined || path.children.size === 0) return value
    const info = infoOf(this)
    return Object.hasOwn(info, path.name) ? info[path.name] : undefined
  }
}

function infoOf(view: Inside): JsonObject {
  view[INFO] ??= view[BATCH].info(view[ROW])
  return view[INFO]
}

const READ: { [key: string]: (batch: Batch, row: number) => unknown } = {
  seq: (batch, row) => (batch.seq > 0 ? batch.seq + row : undefined),
  collector: batch => (batch.seq > 0 ? batch.collector : undefined),
  type: (batch, row) => batch.dictionary.text(batch.type[row]!),
  hostname: (batch, row) => batch.dictionary.text(batch.hostname[row]!),
  time: (batch, row) => batch.time[row],
  received_at: (batch, row) => batch.receivedAt[row],
  tags: (batch, row) => batch.dictionary.value(batch.tags[row]!),
  md5: (batch, row) => batch.dictionary.text(batch.md5[row]!),
}

const TOP: PropertyDescriptorMap = {
  toJSON: {
    value(this: Inside): Event {
      return this[BATCH].event(this[ROW])
    },
  },
}
for (const key of TOP_KEYS) {
  const read = READ[key]
  TOP[key] = {
    get(this: Inside) {
      return read === undefined ? infoOf(this) : read(this[BATCH], this[ROW])
    },
  }
}
