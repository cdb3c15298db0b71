import {
  type Group,
  groupKey,
  mergeGroups,
  type Partial,
  type Plan,
  plan,
  type Query,
  type Result,
  run,
  type Scope,
  type State,
  type Steps,
  sorting,
} from '@telltale/query'
import { type Adder, adderOf } from './adders.ts'
import { answer, answering } from './answer.ts'
import type { Entry } from './entry.ts'
import type { Taker } from './filters.ts'
import type { Horizon } from './horizon.ts'
import { LOOK, lighten } from './lighten.ts'
import { Reach } from './reach.ts'
import { type SavedQuery, savedEntry } from './saved.ts'
import { Slots } from './slots.ts'
import type { Sources } from './sources.ts'
import { coverageOf, type StandingStats } from './stats.ts'
import { Store } from './store.ts'
import { type Changes, View } from './view.ts'

/** Groups of the past to a step. */
const HYDRATED = 128

/** What a standing query is made of. */
export interface StandingParts {
  readonly name: string
  readonly query: Query
  readonly horizon: Horizon
  readonly sources: Sources
  readonly maxKeys: number
  /** What its keys may weigh together, in bytes. */
  readonly memory: number
  /** How far ahead of the clock an event's time may be, in ms. */
  readonly ahead: number
  /** Only events above this seq count. */
  readonly after: number
  readonly now: () => number
  /** Takes it out of its set. */
  readonly stop: () => void
}

/** One query, updated by every batch. */
export class Standing implements Taker {
  readonly name: string
  readonly query: Query
  readonly horizon: Horizon
  /** Takes it out of its set; what it holds is gone. */
  readonly stop: () => void
  /** Only events above this seq are counted from batches; see {@link hydrate}. */
  after: number
  readonly #parts: StandingParts
  readonly #plan: Plan
  readonly #add: Adder
  readonly #sources: Sources
  readonly #slots: Slots<Entry>
  readonly #store: Store
  readonly #reach: Reach
  readonly #moves: boolean
  readonly #view: View
  readonly #listeners: Set<(standing: Standing) => void> = new Set()
  #events = 0
  #missed = 0
  #rewound = 0
  #errors = 0
  #firstSeq = Number.POSITIVE_INFINITY
  /** The pane of the event before: most are of the same. */
  #paneStart: number = Number.NaN
  #paneEnd: number = Number.NaN
  #touched = false
  /** Events counted when it was last looked how many values are held. */
  #looked = 0
  readonly #moment: { time: number; seq: number } = { time: 0, seq: 0 }

  constructor(parts: StandingParts) {
    const { name, query, horizon, sources, stop, after } = parts
    this.name = name
    this.query = query
    this.horizon = horizon
    this.stop = stop
    this.after = after
    this.#parts = parts
    this.#sources = sources
    this.#plan = plan(query)
    this.#add = adderOf(this.#plan, sources)
    const store = new Store(parts.maxKeys, parts.memory)
    this.#store = store
    this.#slots = new Slots(query.by.length === 0 ? undefined : sources.keys(this.#plan.keys), key => store.entry(key))
    this.#reach = new Reach(horizon, parts.ahead)
    this.#moves = horizon.moves
    this.#view = new View(query, this.#store, entries => answer(query, horizon, entries, parts.now()))
  }

  /** For its set. */
  take(rows: Uint32Array, n: number): void {
    const { rows: source, seen } = this.#sources
    const { batch } = source
    const { time: times, seq } = batch
    const firstRow = seq === 0 ? 0 : Math.max(this.after, seen) - seq + 1
    this.#advance()
    const reach = this.#reach
    const { from, to, ahead } = reach
    const moment = this.#moment
    const slots = this.#slots
    slots.bind()
    const store = this.#store
    let counted = 0
    for (let i = 0; i < n; i++) {
      const row = rows[i]!
      if (row < firstRow) continue
      const time = times[row]!
      if (!(time >= from && time < to)) {
        reach.refuse(time)
        continue
      }
      if (!(time >= this.#paneStart && time < this.#paneEnd)) {
        this.#paneStart = this.horizon.start(time)
        this.#paneEnd = this.horizon.end(this.#paneStart)
      }
      const entry = slots.of(row)
      const states = entry.last === this.#paneStart ? entry.states : this.#pane(entry, this.#paneStart)
      moment.time = time
      moment.seq = seq === 0 ? 0 : seq + row
      this.#add(states, row, moment)
      if (store.watched) store.touch(entry)
      counted++
    }
    if (reach.ahead > ahead) this.#touch()
    if (counted === 0) return
    this.#events += counted
    this.#touch()
    if (this.#events - this.#looked >= LOOK) this.#lighten()
    if (seq > 0) this.#firstSeq = Math.min(this.#firstSeq, seq + Math.max(0, firstRow))
  }

  /** Its answer now, or at a later time by the clock; what has passed out of it does not come back. */
  result(now: number = this.#parts.now()): Result {
    return answer(this.query, this.horizon, this.#store.entries.values(), now)
  }

  /** As {@link result}, in steps: what it is at the first. */
  resulting(now: number = this.#parts.now()): Steps<Result> {
    return answering(this.query, this.horizon, this.#store.entries.values(), now)
  }

  /** Rows that changed since a cursor, or all of them where the cursor is none of its own, or too old. */
  changes(cursor?: string): Changes {
    this.sweep()
    return this.#view.changes(cursor)
  }

  /** Calls after each batch, and each tick of the clock, that may have changed the answer. @returns how to end it */
  onChange(listener: (standing: Standing) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What to ask those who hold the past, so that its answer begins there: {@link hydrate} takes what they say. */
  hydration(now: number = this.#parts.now()): { query: Query; scope: Scope } {
    const { range: _, where: __, limit: ___, ...query } = this.query
    const { bucket } = this.horizon
    const window =
      bucket === undefined || query.window !== undefined ? {} : { window: { kind: 'tumbling', ...bucket } as const }
    return {
      query: { ...query, ...window, sort: [] },
      scope: { ...this.horizon.scope(now), to: this.horizon.moves ? Number.POSITIVE_INFINITY : this.horizon.to(now) },
    }
  }

  /**
   * Adds the past: what {@link hydration} asks, of events with seq ≤ `seq` only. From then on batches count from the
   * next seq on. May be called once, at any time while no batch above `seq` is missing; what came meanwhile stays.
   */
  hydrate(partial: Partial, seq: number): void {
    run(this.hydrating(partial, seq))
  }

  /** As {@link hydrate}, in steps. What comes between them stays too; it says nothing true before the last. */
  *hydrating(partial: Partial, seq: number): Steps<void> {
    if (partial.kind !== 'groups') throw new Error('BUG: a standing query was hydrated with events')
    if (seq < this.after || seq >= this.#firstSeq)
      throw new RangeError(
        `${this.name} counts from seq ${Math.min(this.after + 1, this.#firstSeq)}, so its past must end at ${this.after}; found ${seq}`,
      )
    this.after = seq
    const whole = this.horizon.bucket === undefined
    const startOf = ({ key }: Group): number => (whole ? 0 : (key.at(-1) as number))
    const groups: Group[] = []
    for (const group of partial.groups.values()) if (groups.push(group) % HYDRATED === 0) yield
    let merged = 0
    for (const group of yield* sorting(groups, (a, b) => startOf(a) - startOf(b))) {
      this.merge({ key: whole ? group.key : group.key.slice(0, -1), states: group.states }, startOf(group))
      if (++merged % HYDRATED === 0) yield
    }
    this.#lighten()
    this.sweep()
  }

  /** Adds to the pane of a key. The states are not kept. */
  merge({ key, states }: Group, start: number): void {
    const entry = this.#store.entry({ text: groupKey(key), values: key })
    const own = this.#pane(entry, start)
    const both = mergeGroups(this.#plan, { key, states: own }, { key, states })
    for (const [i, state] of both.states.entries()) own[i] = state
    this.#store.touch(entry)
    this.#touch()
  }

  /** `exact`, or what makes the answer less than that. */
  get coverage(): string {
    return coverageOf(this.stats, this.#store.table.most)
  }

  get stats(): StandingStats {
    return {
      keys: this.#store.entries.size,
      events: this.#events,
      evicted: this.#store.table.evicted,
      late: this.#reach.late,
      ahead: this.#reach.ahead,
      missed: this.#missed,
      rewound: this.#rewound,
      errors: this.#errors,
    }
  }

  /** Whether it lacks events that count, which do not come again: it is to stand anew. */
  get lacks(): boolean {
    return this.#missed > 0 || this.#rewound > 0
  }

  /** Up to this seq all that counts is in it, or does not count. */
  get seq(): number {
    return Math.max(this.after, this.#sources.seen)
  }

  /** What it keeps weighs about so much, in bytes. */
  get weight(): number {
    return this.#store.weight * this.#store.entries.size
  }

  /** For its set: so many events were missed. */
  miss(events: number): void {
    this.#missed += events
    this.#touch()
  }

  /** For its set: lets go of what has passed. @returns whether the answer may have moved */
  sweep(): boolean {
    if (this.query.by.length > 0) this.#store.weigh()
    return this.#advance()
  }

  /** For its set: tells those who listen. */
  tell(): void {
    this.#touched = false
    for (const listener of this.#listeners) {
      try {
        listener(this)
      } catch {
        this.#errors++
      }
    }
  }

  save(): SavedQuery {
    return {
      name: this.name,
      query: this.query,
      span: this.horizon.span,
      after: this.seq,
      stats: this.stats,
      ...(this.#moves ? { from: this.#reach.from } : {}),
      entries: Array.from(this.#store.entries.values(), savedEntry),
    }
  }

  /** Takes what was saved of an equal query; before any batch. */
  restore(saved: SavedQuery): void {
    const { entries, stats, after } = saved
    this.after = Math.max(this.after, after)
    this.#events = stats.events
    this.#reach.restore(saved)
    this.#missed = stats.missed
    this.#rewound = stats.rewound
    this.#store.table.evicted = stats.evicted
    for (const { key, starts, panes } of entries)
      for (const [i, states] of panes.entries()) this.merge({ key, states }, starts[i]!)
  }

  #lighten(): void {
    this.#looked = this.#events
    if (lighten(this.#plan, this.#store.entries.values())) this.#view.moved()
  }

  #pane(entry: Entry, start: number): State[] {
    this.#store.met(start)
    return entry.pane(start, this.#plan, this.#moves ? this.#reach.from : Number.NEGATIVE_INFINITY)
  }

  #touch(): void {
    if (this.#touched) return
    this.#touched = true
    this.#sources.touched.push(this)
  }

  #rewind(): void {
    this.#rewound++
    this.#touch()
  }

  /** Moves what counts on to now. */
  #advance(): boolean {
    const { horizon } = this
    const before = this.#reach.from
    if (!this.#reach.advance(this.#sources.now ?? this.#parts.now())) return false
    if (this.#reach.from < before) this.#rewind()
    const due = this.#reach.due()
    if (due > 0) this.miss(due)
    if (horizon.moves && (this.query.by.length === 0 || this.#store.entries.size > 0)) {
      if (this.#reach.from > before) this.#store.expire(this.#reach.from)
      this.#view.moved()
      this.#touch()
    }
    return true
  }
}
