import { merge, type Partial, type Query } from '@telltale/query'
import type { Chunk } from './chunk.ts'

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

  /** The partial result over these sealed chunks, whole. */
  over(query: Query, chunks: readonly Chunk[], compute: (chunks: readonly Chunk[]) => Partial): Partial {
    if (this.room === 0) return compute(chunks)
    const text = JSON.stringify(query)
    const known = this.#entries.get(text)
    const begins = known?.ids.every((id, i) => chunks[i]?.id === id) ?? false
    const more = begins ? chunks.slice(known!.ids.length) : chunks
    const partial = begins
      ? more.length === 0
        ? known!.partial
        : merge(query, known!.partial, compute(more))
      : compute(chunks)
    this.#forget(text)
    const ids = chunks.map(({ id }) => id)
    this.#keep(text, {
      ids,
      partial,
      bytes: more.length === 0 ? known!.bytes : weighPartial(partial) + text.length * 2,
    })
    return partial
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

/** Of a group's key as text and its place in an index by such texts, beside the group itself. */
const INDEX = 150

/** What a partial takes in memory, roughly, in bytes, once its groups are asked for by key. */
function weighPartial(partial: Partial): number {
  if (partial.kind === 'events') return weigh(partial.events)
  let bytes = 48
  for (const group of partial.groups.values()) bytes += weigh(group) + INDEX
  return bytes
}

/** What plain data takes in memory, roughly, in bytes. */
function weigh(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 8
  let bytes = 48
  if (Array.isArray(value)) for (const inner of value) bytes += weigh(inner)
  else for (const inner of Object.values(value)) bytes += weigh(inner) + 8
  return bytes
}
