import type { Event } from '@telltale/event'
import { newestFirst, type Partial, type Plan, type Scope, worked } from '@telltale/query'
import type { Chunk } from './chunk.ts'
import { compile } from './filter/compile.ts'
import { mark } from './mask.ts'
import { byAge, type Place } from './place.ts'
import { reuse } from './scratch.ts'

/** Answers a query without aggregates: the newest events first. Only what is returned becomes an object. */
export function latest(chunks: readonly Chunk[], { query, condition, order }: Plan, scope: Scope): Partial {
  reuse()
  const filter = condition && compile(condition)
  const limit = query.limit ?? Number.POSITIVE_INFINITY
  if (limit === 0) return { kind: 'events', events: [], scanned: 0 }
  const newest = new Newest(order.length > 0 ? Number.POSITIVE_INFINITY : limit)
  const byTime = chunks.map((_, i) => i).sort((a, b) => chunks[b]!.maxTime - chunks[a]!.maxTime || b - a)
  let scanned = 0
  for (const at of byTime) {
    const chunk = chunks[at]!
    if (newest.worst > chunk.maxTime) break
    const selection = mark(chunk, scope, filter)
    if (selection === undefined) continue
    const { mask } = selection
    worked(chunk.length >> 4)
    scanned += chunk.length - chunk.first
    for (let row = chunk.length - 1; row >= chunk.first; row--) {
      if (mask[row] === 1) newest.offer(chunk, at, row)
    }
  }
  const events: Event[] = newest.take().map(({ chunk, row }) => {
    worked(2)
    return chunks[chunk]!.event(row)
  })
  if (order.length > 0) events.sort(newestFirst(query))
  return { kind: 'events', events: Number.isFinite(limit) ? events.slice(0, limit) : events, scanned }
}

/** The newest rows offered, at most `limit`. */
class Newest {
  /** The time of the oldest that is certain to be kept; whatever is older is not worth offering. */
  worst: number = Number.NEGATIVE_INFINITY
  readonly #limit: number
  #found: Place[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  offer(chunk: Chunk, at: number, row: number): void {
    const time = chunk.time.at(row)
    if (time < this.worst) return
    this.#found.push({ time, seq: chunk.runs.seq(row), chunk: at, row })
    if (this.#found.length >= this.#limit * 2 + 64) this.take()
    else if (this.#found.length === this.#limit)
      this.worst = this.#found.reduce((least, { time }) => Math.min(least, time), time)
  }

  take(): readonly Place[] {
    this.#found.sort((a, b) => byAge(b, a))
    if (this.#found.length >= this.#limit) {
      this.#found.length = this.#limit
      this.worst = this.#found[this.#limit - 1]!.time
    }
    return this.#found
  }
}
