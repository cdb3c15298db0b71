import { Distinct } from '@telltale/query'
import { Entry } from './entry.ts'
import { KeyTable } from './key-table.ts'
import type { Key } from './keys.ts'
import { PaneSketch } from './pane-sketch.ts'

/** Keys that are weighed for all. */
const SAMPLE = 16
/** Weighing is put off so often, unless there are many more keys. */
const RESTS = 100

/** What plain data takes in memory, roughly, in bytes. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 8
  if (value instanceof Distinct) return value.byteLength
  if (value instanceof PaneSketch) return 150 + 8 * (value.noted.length + 2 * (value.counted?.buckets.length ?? 0))
  let bytes = 40
  if (Array.isArray(value)) for (const inner of value) bytes += weightOf(inner)
  else for (const inner of Object.values(value)) bytes += 8 + weightOf(inner)
  return bytes
}

/** The keys of a standing query with their panes. */
export class Store {
  readonly table: KeyTable<Entry>
  /** Whether anybody looks at {@link dirty}. */
  watched = false
  /** Changed since someone last looked; among them what has gone. */
  dirty: Entry[] = []
  /** More changed than {@link dirty} holds. */
  overflowed = false
  /** No key's newest pane starts before. */
  #oldest: number = Number.POSITIVE_INFINITY
  readonly #most: number
  readonly #memory: number
  /** How many keys there were when they were last weighed, and how often it was put off since. */
  #weighed = 0
  #rests = 0

  /** @param memory what all keys may weigh together, in bytes */
  constructor(most: number, memory: number) {
    this.#most = most
    this.#memory = memory
    this.table = new KeyTable(most, entry => this.#left(entry))
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.table.entries
  }

  /** The entry of a key, made if new. */
  entry(key: Key): Entry {
    return this.table.get(key.text) ?? this.table.add(key.text, new Entry(key))
  }

  /** Notes that an entry changed. */
  touch(entry: Entry): void {
    if (!this.watched || entry.dirty) return
    entry.dirty = true
    this.dirty.push(entry)
    if (this.dirty.length <= 2 * this.#most) return
    this.look()
    this.overflowed = true
  }

  /** What changed since the last look. */
  look(): readonly Entry[] {
    const { dirty } = this
    this.dirty = []
    this.overflowed = false
    for (const entry of dirty) entry.dirty = false
    return dirty
  }

  /** Lets go of keys all of whose panes start before; of others, panes go when they are next touched or asked. */
  expire(from: number): void {
    if (from <= this.#oldest) return
    this.#oldest = Number.POSITIVE_INFINITY
    for (const entry of this.entries.values()) {
      const last = entry.starts[entry.starts.length - 1] ?? Number.NEGATIVE_INFINITY
      if (last >= from) this.#oldest = Math.min(this.#oldest, last)
      else {
        this.table.remove(entry.text)
        this.#left(entry)
      }
    }
  }

  /** Notes that a pane was made that starts there. */
  met(start: number): void {
    if (start < this.#oldest) this.#oldest = start
  }

  /** Now and then weighs some keys, and lowers the number of keys where that many of their kind would be too heavy. */
  weigh(): void {
    const { size } = this.entries
    if (size <= this.#weighed * 1.25 && ++this.#rests < RESTS) return
    this.#weighed = size
    this.#rests = 0
    this.table.most =
      size === 0 ? this.#most : Math.max(1, Math.min(this.#most, Math.floor(this.#memory / this.weight)))
  }

  /** What a key weighs, in bytes, from a sample of them; 0 where there are none. */
  get weight(): number {
    let bytes = 0
    let n = 0
    for (const { text, panes, merged, rolling } of this.entries.values()) {
      bytes += 250 + text.length * 2 + weightOf(panes) + weightOf(rolling ?? merged?.states)
      if (++n === SAMPLE) break
    }
    return n === 0 ? 0 : bytes / n
  }

  #left(entry: Entry): void {
    entry.gone = true
    this.touch(entry)
  }
}
