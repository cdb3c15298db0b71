import type { EngineState, History } from '@telltale/history'
import { type Expression, finish, merge, type Partial, type Query, type Result, type Scope } from '@telltale/query'
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

/**
 * Asks one query of ring and history, which meet at a sequence number: the history answers for what is at or below its
 * flushed mark, the ring for what is above. No event is seen twice; none is invisible once it is broadcast.
 */
export class Asker {
  readonly #recent: Recent
  readonly #history: History
  /** The greatest time of what was there before the ring began; Infinity while that is not known. */
  beforeRing: number = Number.POSITIVE_INFINITY

  constructor(recent: Recent, history: History) {
    this.#recent = recent
    this.#history = history
  }

  async ask(query: Query, scope: Scope): Promise<Answer> {
    const started = performance.now()
    const { partial, sources, coverage } = await this.partial(query, scope)
    const result = finish(query, partial, scope)
    const ms = Math.round((performance.now() - started) * 1e3) / 1e3
    return { ...result, stats: { scanned: partial.scanned, ms, sources, coverage } }
  }

  /** As {@link ask}, before the end: what is found is to be merged with more. It may be remembered: nobody may change it. */
  async partial(query: Query, scope: Scope): Promise<Gathered> {
    const { lowestSeq, evictedTime } = this.#recent.coverage()
    const missing = Math.max(evictedTime, this.beforeRing)
    if (scope.from > missing || missing === Number.NEGATIVE_INFINITY)
      return { partial: this.#recent.partial(query, scope), sources: ['recent'], coverage: 'exact' }
    const mark = this.#history.flushedSeq
    const present = this.#recent.partial(query, { ...scope, afterSeq: mark })
    if (enough(query, present, missing)) return { partial: present, sources: ['recent'], coverage: 'exact' }
    const { engine } = this.#history.status
    if (engine.kind !== 'ready') {
      const partial = this.#recent.partial(query, scope)
      return { partial, sources: ['recent'], coverage: `not covered: the history is ${stateOf(engine)}` }
    }
    const lowest = lowestSeq === 0 ? this.#history.journal.lastSeq + 1 : lowestSeq
    let between: Partial | undefined
    if (lowest > mark + 1) {
      try {
        between = await this.#between(query, scope, mark, lowest - 1)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return this.partial(query, scope) // a segment was handed over meanwhile: the mark has moved
      }
    }
    const past = await this.#history.partial(query, { ...scope, uptoSeq: Math.min(mark, scope.uptoSeq ?? mark) })
    const older = between === undefined ? past : merge(query, past, between)
    return { partial: merge(query, older, present), sources: ['recent', 'history'], coverage: 'exact' }
  }

  /** What the ring has let go of before the history had it is in the journal: a segment at a time through a ring of its own. */
  async #between(query: Query, scope: Scope, after: number, upto: number): Promise<Partial | undefined> {
    let all: Partial | undefined
    for await (const batch of this.#history.unflushed(after, upto)) {
      const ring = recent({ events: batch.length, memory: Number.MAX_SAFE_INTEGER })
      ring.append(batch)
      const part = ring.partial(query, { ...scope, afterSeq: after, uptoSeq: Math.min(upto, scope.uptoSeq ?? upto) })
      all = all === undefined ? part : merge(query, all, part)
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

/** Whether the ring alone holds the newest events a query wants, however many more the history has. */
function enough(query: Query, present: Partial, missing: number): boolean {
  if (present.kind !== 'events' || query.limit === undefined || present.events.length < query.limit) return false
  return query.sort.length === 0 && present.events.at(-1)!.time > missing
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
