import { merging, type Partial, type Query, type Steps } from '@telltale/query'
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

  /** The partial result over these sealed chunks, whole. */
  *over(
    query: Query,
    chunks: readonly ChunkView[],
    compute: (chunks: readonly ChunkView[]) => Steps<Partial>,
  ): Steps<Partial> {
    if (this.room === 0) return yield* compute(chunks)
    const text = JSON.stringify(query)
    const known = this.#entries.get(text)
    const begins = known?.ids.every((id, i) => chunks[i]?.id === id) ?? false
    const more = begins ? chunks.slice(known!.ids.length) : chunks
    let partial: Partial
    let { bytes } = known ?? { bytes: 0 }
    if (begins && more.length === 0) ({ partial } = known!)
    else {
      partial = yield* compute(more)
      if (begins) partial = yield* merging(query, known!.partial, partial)
      bytes = weighPartial(partial) + text.length * 2
    }
    // Another may have asked the same meanwhile: the last to end is remembered.
    this.#forget(text)
    this.#keep(text, { ids: chunks.map(({ id }) => id), partial, bytes })
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
  let bytes = 48
  if (Array.isArray(value)) for (const inner of value) bytes += weigh(inner)
  else for (const inner of Object.values(value)) bytes += weigh(inner) + 8
  return bytes
}
