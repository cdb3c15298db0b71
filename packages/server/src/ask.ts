import { setImmediate as turn } from 'node:timers/promises'
import type { Batch } from '@telltale/event'
import type { EngineState, History } from '@telltale/history'
import {
  type Expression,
  finishing,
  LIMITS,
  type Limits,
  merging,
  type Partial,
  plan,
  type Query,
  type Result,
  type Scope,
  type Steps,
  TooMuch,
  VALUES,
} from '@telltale/query'
import { type Recent, recent } from '@telltale/recent'

export interface Answer extends Result {
  readonly stats: {
    /** Events looked at. */
    scanned: number
    ms: number
    /** Who was asked. */
    sources: ('recent' | 'history')[]
    /** `exact`, or what is missing and why. */
    coverage: string
  }
}

/** What one answer may cost. */
export interface AskLimits extends Limits {
  /** Events in one answer. Default 100,000; of groups there may be as many as `cells` allows. */
  readonly events: number
}

const ASK_LIMITS: AskLimits = { ...LIMITS, events: 100_000 }

/** Events read from the journal for one query, about a second; where more are missing, the answer says so instead. */
const MOST_BETWEEN = 500_000

/** What an answer lacks because its disk damaged it: asking again soon does not help. */
export const DAMAGED = 'not covered: damaged on disk: '

/**
 * Asks one query of ring and history, which meet at a sequence number: the history answers for what is at or below its
 * flushed mark, the ring for what is above. No event is seen twice; none is invisible once it is broadcast.
 */
export class Asker {
  readonly #recent: Recent
  readonly #history: History
  readonly #limits: AskLimits
  /** The greatest time of what was there before the ring began; Infinity while that is not known. */
  beforeRing: number = Number.POSITIVE_INFINITY

  constructor(recent: Recent, history: History, limits: { readonly [key in keyof AskLimits]?: AskLimits[key] } = {}) {
    this.#recent = recent
    this.#history = history
    this.#limits = { ...ASK_LIMITS, ...limits }
  }

  /**
   * Rejects with {@link TooMuch} where the answer would cost more than it may, with the ring's `TooMany` where too many
   * ask, and with the signal's reason where it is aborted.
   */
  async ask(given: Query, scope: Scope, signal?: AbortSignal): Promise<Answer> {
    const started = performance.now()
    const { events } = this.#limits
    const cut = given.aggregates.length === 0 && (given.limit ?? Number.POSITIVE_INFINITY) > events
    // One more tells whether there are more.
    const query = cut ? { ...given, limit: events + 1 } : given
    const { partial, sources, coverage } = await this.partial(query, scope, signal, true)
    if (cut && partial.kind === 'events' && partial.events.length > events)
      throw new TooMuch(
        `this answer has more than ${events} events`,
        'ask for fewer by limit, page by page at GET /v1/events, or allow more, queries.events',
      )
    const result = await this.run(finishing(query, partial, scope), signal)
    const ms = Math.round((performance.now() - started) * 1e3) / 1e3
    return { ...result, stats: { scanned: partial.scanned, ms, sources, coverage } }
  }

  /**
   * As {@link ask}, before the end: what is found is to be merged with more, unless `final`. It may be remembered: nobody
   * may change it.
   */
  async partial(query: Query, scope: Scope, signal?: AbortSignal, final = false): Promise<Gathered> {
    // The ring is looked at as it is at the call, so together with the mark, and gone through by and by.
    const inRing = (scope: Scope): Promise<Partial> => this.run(this.#recent.steps(query, scope), signal)
    const { lowestSeq, evictedTime } = this.#recent.coverage()
    const missing = Math.max(evictedTime, this.beforeRing)
    if (scope.from > missing || missing === Number.NEGATIVE_INFINITY)
      return { partial: await inRing(scope), sources: ['recent'], coverage: 'exact' }
    const { flushedSeq: mark, revision, restarts, waitingOfOthers } = this.#history
    const lowest = lowestSeq === 0 ? this.#history.journal.lastSeq + 1 : lowestSeq
    const gap = lowest - 1 - mark
    // Listed together with the mark: what is handed over from here on is found gone.
    const waiting = this.#history.unflushed(mark, lowest - 1)
    const above = this.#recent.steps(query, { ...scope, afterSeq: mark })
    if (wantsNewest(query) && query.limit! <= this.#limits.events) {
      const newest = await inRing(scope)
      if (enough(query, newest, missing)) return { partial: newest, sources: ['recent'], coverage: 'exact' }
    }
    const present = await this.run(above, signal)
    const { engine } = this.#history.status
    if (engine.kind !== 'ready') {
      const partial = await inRing(scope)
      return { partial, sources: ['recent'], coverage: `not covered: the history is ${stateOf(engine)}` }
    }
    let between: Partial | undefined
    if (gap > 0 && gap <= MOST_BETWEEN) {
      try {
        between = await this.#between(
          waiting,
          query,
          { ...scope, afterSeq: mark, uptoSeq: Math.min(lowest - 1, scope.uptoSeq ?? lowest) },
          signal,
        )
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return this.partial(query, scope, signal, final) // a segment was handed over meanwhile: the mark has moved
      }
    }
    const { keys, calls } = plan(query)
    const alone = final && between === undefined && present.kind === 'groups' && present.groups.size === 0
    const past = await this.#history.partial(
      query,
      { ...scope, uptoSeq: Math.min(mark, scope.uptoSeq ?? mark) },
      {
        groups: Math.floor(this.#limits.cells / (keys.length + calls.length)),
        events: this.#limits.events + 1,
        values: this.#limits.values ?? VALUES,
        alone,
      },
    )
    // A part was set aside meanwhile, or what is left of it came back; or the engine did, and may have let go of some.
    if (this.#history.revision !== revision || this.#history.restarts !== restarts)
      return this.partial(query, scope, signal, final)
    const older = between === undefined ? past : await this.run(merging(query, past, between), signal)
    const partial = await this.run(merging(query, older, present), signal)
    return { partial, sources: ['recent', 'history'], coverage: this.#coverage(scope, mark, gap, waitingOfOthers) }
  }

  #coverage(scope: Scope, mark: number, gap: number, ofOthers: number): string {
    if (this.#history.hole > mark)
      return 'not covered yet: what the journal lost and the history has, until the history has the rest of the journal too'
    const waiting = ofOthers + (gap > MOST_BETWEEN ? gap : 0)
    if (waiting > 0) return `not covered yet: ${waiting} events that wait in the journal for the history`
    const damaged = this.#history.uncovered(scope)
    return damaged === undefined ? 'exact' : `${DAMAGED}${damaged}`
  }

  /** Works on something else in turns with the queries. */
  run<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
    return this.#recent.slices.run(steps, { limits: this.#limits, ...(signal === undefined ? {} : { signal }) })
  }

  /** What the ring has let go of before the history had it is in the journal: a segment at a time through a ring of its own. */
  async #between(
    batches: AsyncGenerator<Batch>,
    query: Query,
    scope: Scope,
    signal: AbortSignal | undefined,
  ): Promise<Partial | undefined> {
    let all: Partial | undefined
    for await (const batch of batches) {
      const ring = recent({ events: batch.length, memory: Number.MAX_SAFE_INTEGER })
      await turn() // It was made of bytes just now.
      ring.append(batch)
      const part = await this.run(ring.steps(query, scope), signal)
      all = all === undefined ? part : await this.run(merging(query, all, part), signal)
    }
    return all
  }
}

export interface Gathered {
  partial: Partial
  sources: ('recent' | 'history')[]
  coverage: string
}

/** For a person: what the engine is, and why. */
export function stateOf(engine: EngineState): string {
  return 'reason' in engine ? `${engine.kind}: ${engine.reason}` : engine.kind
}

/** Whether a query wants a number of events, the newest. */
function wantsNewest({ aggregates, sort, limit }: Query): boolean {
  return aggregates.length === 0 && sort.length === 0 && limit !== undefined
}

/**
 * Whether those of the whole ring are the newest there are, however many more the history has.
 * @param missing no event that the ring lacks has a later time, in ms
 */
function enough({ limit }: Query, newest: Partial, missing: number): boolean {
  if (newest.kind !== 'events' || newest.events.length < (limit ?? Number.POSITIVE_INFINITY)) return false
  const last = newest.events.at(-1)
  return last === undefined || last.time > missing
}

/** The same query, of events that come after a cursor only, newest first. */
export function after(query: Query, time: number, seq: number): Query {
  const field = (name: string): Expression => ({ kind: 'field', name })
  const number = (value: number): Expression => ({ kind: 'literal', value, text: String(value) })
  const compare = (name: string, op: '<' | '=', value: number): Expression => ({
    kind: 'compare',
    op,
    left: field(name),
    right: number(value),
  })
  const older: Expression = {
    kind: 'or',
    items: [compare('time', '<', time), { kind: 'and', items: [compare('time', '=', time), compare('seq', '<', seq)] }],
  }
  return { ...query, filter: query.filter === undefined ? older : { kind: 'and', items: [query.filter, older] } }
}
