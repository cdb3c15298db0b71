import type { Event } from '@telltale/event'
import { First, type Partial, type Plan, type Scope, type Steps } from '@telltale/query'
import type { ChunkView } from './chunk-view.ts'
import { EVENTS } from './event-steps.ts'
import { compile } from './filter/compile.ts'
import { Foremost } from './foremost.ts'
import { mark } from './mask.ts'
import { byAge, type Place } from './place.ts'
import type { Scratch } from './scratch.ts'

/** Rows offered in a step. */
const ROWS = 2048

/** Answers a query without aggregates: the newest events first. Only what is returned becomes an object. */
export function* latest(
  chunks: readonly ChunkView[],
  { query, condition, order }: Plan,
  scope: Scope,
  scratch: Scratch,
): Steps<Partial> {
  const filter = condition && compile(condition, scratch)
  const limit = query.limit ?? Number.POSITIVE_INFINITY
  if (limit === 0) return { kind: 'events', events: [], scanned: 0 }
  const best = order.length > 0 ? new Foremost(limit, order, scratch) : new Newest(limit)
  const byTime = chunks.map((_, i) => i).sort((a, b) => chunks[b]!.maxTime - chunks[a]!.maxTime || b - a)
  let scanned = 0
  for (const at of byTime) {
    const chunk = chunks[at]!
    if (best.worst > chunk.maxTime) break
    const selection = yield* mark(chunk, scope, filter, scratch)
    yield
    if (selection === undefined) continue
    scanned += chunk.length - chunk.first
    yield* best.offer(chunk, at, selection.mask)
  }
  const events: Event[] = []
  for (const { chunk, row } of yield* best.take()) {
    events.push(chunks[chunk]!.event(row))
    if (events.length % EVENTS === 0) yield
  }
  return { kind: 'events', events, scanned }
}

/** The newest rows offered, at most `limit`. */
class Newest {
  /** The time of the oldest that is certain to be kept; whatever is older is not worth offering. */
  worst: number = Number.NEGATIVE_INFINITY
  readonly #limit: number
  readonly #first: First<Place>
  #count = 0
  #least: number = Number.POSITIVE_INFINITY

  constructor(limit: number) {
    this.#limit = limit
    this.#first = new First((a, b) => byAge(b, a), limit)
  }

  *offer(chunk: ChunkView, at: number, mask: Uint8Array): Steps<void> {
    for (let row = chunk.length - 1; row >= chunk.first; row -= ROWS) {
      if (this.#offerSome(chunk, at, mask, row, Math.max(chunk.first, row - ROWS + 1))) yield* this.take()
      yield
    }
  }

  /** Looks at rows from this one down to another. @returns whether there are many by now */
  #offerSome({ time: times, runs }: ChunkView, chunk: number, mask: Uint8Array, from: number, to: number): boolean {
    let full = false
    for (let row = from; row >= to; row--) {
      if (mask[row] === 0) continue
      const time = times.at(row)
      if (time < this.worst) continue
      full = this.#first.offer({ time, seq: runs.seq(row), chunk, row }) || full
      if (time < this.#least) this.#least = time
      if (++this.#count === this.#limit) this.worst = this.#least
    }
    return full
  }

  *take(): Steps<readonly Place[]> {
    const found = yield* this.#first.cut()
    if (found.length === this.#limit) this.worst = found[this.#limit - 1]!.time
    return found
  }
}
