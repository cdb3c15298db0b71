import type { Event } from '@telltale/event'
import {
  compareSorted,
  First,
  ofEvent,
  type Partial,
  type Plan,
  type Scalar,
  type Scope,
  type Steps,
  scalarOf,
  valuer,
} from '@telltale/query'
import type { ChunkView } from './chunk-view.ts'
import { EVENTS } from './event-steps.ts'
import { compile } from './filter/compile.ts'
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
  const best = order.length > 0 ? new Foremost(limit, order) : new Newest(limit)
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

/** A row with what it is sorted by. */
interface Sorted extends Place {
  readonly values: readonly Scalar[]
}

/** The rows offered that come first by a query's `sort`, at most `limit`. */
class Foremost {
  readonly worst: number = Number.NEGATIVE_INFINITY
  readonly #first: First<Sorted>
  readonly #values: ((event: Event) => Scalar)[]

  constructor(limit: number, order: Plan['order']) {
    this.#values = order.map(({ value }) => {
      const evaluated = valuer(value, ofEvent)
      return event => scalarOf(evaluated(event))
    })
    this.#first = new First<Sorted>((a, b) => {
      for (let i = 0; i < order.length; i++) {
        const found = compareSorted(a.values[i]!, b.values[i]!, order[i]!.descending)
        if (found !== 0) return found
      }
      return byAge(b, a)
    }, limit)
  }

  *offer(chunk: ChunkView, at: number, mask: Uint8Array): Steps<void> {
    let made = 0
    for (let row = chunk.length - 1; row >= chunk.first; row--) {
      if (mask[row] === 0) continue
      const event = chunk.event(row)
      const values = this.#values.map(value => value(event))
      if (++made % EVENTS === 0) yield
      if (this.#first.offer({ time: event.time, seq: event.seq ?? 0, chunk: at, row, values })) yield* this.take()
    }
  }

  take(): Steps<readonly Place[]> {
    return this.#first.cut()
  }
}
