import { Distinct, type Partial, type Query } from '@telltale/query'
import type { ChunkView } from './chunk-view.ts'

interface Entry {
  /** Which chunks it covers, in order. Not the chunks themselves: they must go when they are evicted. */
  readonly ids: readonly number[]
  readonly partial: Partial
  readonly bytes: number
}

/**
 * What queries found in sealed chunks, which never change: who asks again (a dashboard, a live graph) pays only for the
 * chunks that are new. The least recently asked are forgotten where the room is full.
 */
export class Remembered {
  byteLength = 0
  readonly room: number
  /** By the query as text, the most recently asked last. */
  readonly #entries: Map<string, Entry> = new Map()

  /** @param room bytes to use at most; 0 remembers nothing */
  constructor(room: number) {
    this.room = room
  }

  /** What is known over the first of these sealed chunks, whole, and how many they are. */
  known(query: Query, chunks: readonly ChunkView[]): { partial: Partial; chunks: number } | undefined {
    const known = this.#entries.get(JSON.stringify(query))
    if (known === undefined || !known.ids.every((id, i) => chunks[i]?.id === id)) return undefined
    return { partial: known.partial, chunks: known.ids.length }
  }

  /** Whether a result of so many groups may find room. */
  fits(groups: number): boolean {
    return groups * INDEX <= this.room
  }

  /** Remembers the result over these sealed chunks, whole; or, that it was asked for again. */
  keep(query: Query, chunks: readonly ChunkView[], partial: Partial): void {
    const text = JSON.stringify(query)
    const known = this.#entries.get(text)
    const bytes = known?.partial === partial ? known.bytes : weighPartial(partial) + text.length * 2
    this.#forget(text)
    this.#keep(text, { ids: chunks.map(({ id }) => id), partial, bytes })
  }

  #keep(text: string, entry: Entry): void {
    if (entry.bytes > this.room) return
    this.#entries.set(text, entry)
    this.byteLength += entry.bytes
    for (const oldest of this.#entries.keys()) {
      if (this.byteLength <= this.room) return
      this.#forget(oldest)
    }
  }

  #forget(text: string): void {
    this.byteLength -= this.#entries.get(text)?.bytes ?? 0
    this.#entries.delete(text)
  }
}

/** What a group takes at least: its key as text and its place in an index by such texts, beside the group itself. */
const INDEX = 150

/** Groups weighed for all. */
const WEIGHED = 1024

/** What a partial takes in memory, roughly, in bytes, once its groups are asked for by key. */
function weighPartial(partial: Partial): number {
  if (partial.kind === 'events') return weigh(partial.events)
  let bytes = 0
  let weighed = 0
  const { size } = partial.groups
  const every = Math.ceil(size / WEIGHED)
  let i = 0
  for (const group of partial.groups.values()) {
    if (i++ % every !== 0) continue
    bytes += weigh(group) + INDEX
    weighed++
  }
  return 48 + (weighed === 0 ? 0 : (bytes * size) / weighed)
}

/** What plain data takes in memory, roughly, in bytes. */
function weigh(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 8
  if (value instanceof Distinct) return value.byteLength
  let bytes = 48
  if (Array.isArray(value)) for (const inner of value) bytes += weigh(inner)
  else for (const inner of Object.values(value)) bytes += weigh(inner) + 8
  return bytes
}
