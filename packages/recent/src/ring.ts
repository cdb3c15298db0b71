import type { Batch } from '@telltale/event'
import { Chunk } from './chunk.ts'

/** How much the ring holds. Whichever is reached first evicts. */
export interface Caps {
  events: number
  /** ms since an event was received. */
  age: number
  bytes: number
  /** Rows of a chunk. */
  chunk: number
}

/** What the ring holds of all there ever was: what a query over ring and history must know to meet at the seam. */
export interface Coverage {
  /** The ring holds every event from this seq on; 0 where none of its events has one. */
  readonly lowestSeq: number
  /** The highest it was given or told is settled, whether it still holds it or not: what is to come is above. 0 while there is none. */
  readonly highestSeq: number
  /** The greatest time of anything ever evicted: a range that starts after it is wholly in the ring. -Infinity while nothing is. */
  readonly evictedTime: number
}

/** How many cells are sealed for each one appended, so that a chunk is sealed well before the next is full. */
const SEALING = 4
/** A batch is appended in slices, so that the bound on a chunk's bytes is looked at often enough. */
const SLICE = 4096

/**
 * The latest events: chunks, oldest first. The last is open. Whole chunks go when the oldest is beyond a cap; by the
 * cap on events the oldest chunk also loses rows from its front, so the ring never holds more than that, but for what
 * must be kept until somebody else has it.
 */
export class Ring {
  readonly caps: Caps
  readonly chunks: Chunk[] = []
  events = 0
  evicted = 0
  /** Events with a seq above are kept beyond the caps on events and age: nobody else has them yet. Memory alone evicts them. */
  #settled = Number.POSITIVE_INFINITY
  #highestSeq = 0
  #evictedTime = Number.NEGATIVE_INFINITY
  readonly #unsealed: Chunk[] = []
  #sealedBytes = 0

  constructor(caps: Caps) {
    this.caps = caps
  }

  append(batch: Batch, now: number): void {
    if (batch.seq > 0) this.#highestSeq = Math.max(this.#highestSeq, batch.seq + batch.length - 1)
    for (let from = 0; from < batch.length; ) {
      const chunk = this.#openFor(batch)
      const to = Math.min(batch.length, from + this.caps.chunk - chunk.length, from + SLICE)
      const cells = chunk.append(batch, from, to)
      this.events += to - from
      this.#sealSome(cells * SEALING)
      from = to
    }
    this.evict(now)
  }

  /**
   * Puts sealed chunks of older events before all others.
   * @returns false, and takes nothing, where there is no room for them or something was evicted already
   */
  prepend(chunks: readonly Chunk[], now: number): boolean {
    let events = 0
    let bytes = 0
    for (const chunk of chunks) {
      events += chunk.length
      bytes += chunk.byteLength
      if (chunk.maxReceived < now - this.caps.age) return false
    }
    if (this.evicted > 0 || this.events + events > this.caps.events || this.byteLength + bytes > this.caps.bytes)
      return false
    this.chunks.unshift(...chunks)
    this.events += events
    this.#sealedBytes += bytes
    return true
  }

  /** Says up to which seq the events are safe elsewhere; until it is first told, nothing is kept for that. */
  settle(seq: number): void {
    this.#settled = seq
    this.#highestSeq = Math.max(this.#highestSeq, seq)
  }

  /** Lets go of what is beyond the caps at this time. */
  evict(now: number): void {
    const { events, age, bytes } = this.caps
    for (let oldest = this.chunks[0]; oldest !== undefined; oldest = this.chunks[0]) {
      const { first, length, maxReceived } = oldest
      const free = Math.max(first, oldest.runs.firstAbove(this.#settled, length))
      const tooMany = Math.min(free - first, this.events - events)
      const last = this.chunks.length === 1
      const gone = free === length && (tooMany === length - first || maxReceived < now - age)
      if (gone || (!last && this.byteLength > bytes)) this.#drop(oldest)
      else {
        if (tooMany > 0) this.#forget(oldest, first + tooMany)
        return
      }
    }
  }

  get byteLength(): number {
    return this.#unsealed.reduce((sum, chunk) => sum + chunk.byteLength, this.#sealedBytes)
  }

  /** The event that came first of those held. */
  get oldest(): { time: number; seq: number } | undefined {
    const chunk = this.chunks[0]
    return chunk && { time: chunk.time.at(chunk.first), seq: chunk.runs.seq(chunk.first) }
  }

  /** The event that came last. */
  get newest(): { time: number; seq: number } | undefined {
    const chunk = this.chunks[this.chunks.length - 1]
    return chunk && { time: chunk.time.at(chunk.length - 1), seq: chunk.runs.seq(chunk.length - 1) }
  }

  get coverage(): Coverage {
    let lowestSeq = 0
    for (const chunk of this.chunks) {
      lowestSeq = chunk.runs.seq(chunk.first)
      if (lowestSeq > 0) break
    }
    return { lowestSeq, highestSeq: this.#highestSeq, evictedTime: this.#evictedTime }
  }

  #openFor(batch: Batch): Chunk {
    const last = this.chunks[this.chunks.length - 1]
    if (last !== undefined && !last.sealed && last.length < this.caps.chunk && last.takes(batch) && !this.#isBig(last))
      return last
    const chunk = new Chunk(batch.schema, last)
    while (this.#unsealed.length > 1) this.#sealSome(Number.POSITIVE_INFINITY)
    this.chunks.push(chunk)
    this.#unsealed.push(chunk)
    return chunk
  }

  /** One chunk must be a small part of what the ring may hold, since whole chunks are evicted. */
  #isBig(chunk: Chunk): boolean {
    return chunk.byteLength > this.caps.bytes / 8
  }

  #sealSome(cells: number): void {
    const oldest = this.#unsealed[0]
    if (oldest === undefined || this.#unsealed.length === 1) return
    if (!oldest.seal(cells)) return
    this.#unsealed.shift()
    this.#sealedBytes += oldest.byteLength
  }

  #drop(chunk: Chunk): void {
    this.chunks.shift()
    this.#forget(chunk, chunk.length)
    if (this.#unsealed[0] === chunk) this.#unsealed.shift()
    else this.#sealedBytes -= chunk.byteLength
  }

  #forget(chunk: Chunk, first: number): void {
    this.events -= first - chunk.first
    this.evicted += first - chunk.first
    this.#evictedTime = Math.max(this.#evictedTime, chunk.evict(first))
  }
}
