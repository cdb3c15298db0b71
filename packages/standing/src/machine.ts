import { type RowView, rowView } from '@telltale/event'
import {
  type Expression,
  type Field,
  groupKey,
  parse,
  plan,
  type Query,
  type QueryError,
  type Scalar,
} from '@telltale/query'
import type { Taker } from './filters.ts'
import { KeyTable } from './key-table.ts'
import type { SavedMachine } from './saved.ts'
import { Slots } from './slots.ts'
import type { Sources } from './sources.ts'

export interface MachineOptions<S, T> {
  /** Which events lead from state to state: a filter. Default: every event. */
  readonly filter?: string
  /** Fields; each of their values goes its own way. Default: one for all. */
  readonly by?: readonly string[]
  /** The state before the first event. Plain JSON data, as all states. */
  readonly init: S
  readonly step: (state: S, event: RowView, now: number) => readonly [state: S, transitions: readonly T[]]
}

/** Something that a machine's step had to tell. */
export interface Transition<T> {
  readonly key: readonly Scalar[]
  readonly transition: T
}

interface Slot<S> {
  used: boolean
  gone: boolean
  readonly values: readonly Scalar[]
  /** Undefined before the first event. */
  state: S | undefined
}

/** What an event does to a state. `tell` takes transitions. */
export type RowStep<S, T> = (state: S | undefined, row: number, tell: (transition: T) => void) => S

/** Follows each key from state to state, event by event, in order of arrival. */
export class Machine<S, T> implements Taker {
  readonly name: string
  /** What it follows; equal for equal ones. */
  readonly of: string
  readonly condition: Expression | undefined
  step: RowStep<S, T>
  stop: () => void = () => {}
  /** Calls of `step` that threw: such an event changes nothing. */
  errors = 0
  /** For its set: only events above this seq count. */
  after = 0
  readonly #sources: Sources
  readonly #slots: Slots<Slot<S>>
  readonly #table: KeyTable<Slot<S>>
  readonly #listeners: Set<(told: readonly Transition<T>[]) => void> = new Set()
  #told: Transition<T>[] = []

  constructor(
    name: string,
    parts: { of: string; query: Query; step: RowStep<S, T> },
    sources: Sources,
    maxKeys: number,
  ) {
    const { condition, keys } = plan(parts.query)
    this.name = name
    this.of = parts.of
    this.step = parts.step
    this.condition = condition
    this.#sources = sources
    const table = new KeyTable<Slot<S>>(maxKeys, slot => {
      slot.gone = true
    })
    this.#table = table
    this.#slots = new Slots(
      keys.length === 0 ? undefined : sources.keys(keys),
      ({ text, values }) => table.get(text) ?? table.add(text, { used: true, gone: false, values, state: undefined }),
    )
  }

  /** A machine whose step is any code. */
  static of<S, T>(
    name: string,
    { filter = '', by = [], init, step }: MachineOptions<S, T>,
    sources: Sources,
    maxKeys: number,
    now: () => number,
  ): Machine<S, T> | QueryError {
    const query = followed(filter, by)
    if ('message' in query) return query
    const { rows } = sources
    const rowStep: RowStep<S, T> = (state, row, tell) => {
      const [next, transitions] = step(state === undefined ? init : state, rowView(rows.batch, row), now())
      for (const transition of transitions) tell(transition)
      return next
    }
    return new Machine(name, { of: JSON.stringify([query, init]), query, step: rowStep }, sources, maxKeys)
  }

  /** Keys it knows, and how many had to go because there were too many. */
  get stats(): { keys: number; evicted: number; errors: number } {
    return { keys: this.#table.entries.size, evicted: this.#table.evicted, errors: this.errors }
  }

  /** The state of a key; undefined where it has not been met. */
  state(...key: readonly Scalar[]): S | undefined {
    return this.#table.entries.get(JSON.stringify(key))?.state
  }

  /** Calls with the transitions of each batch, in order. @returns how to end it */
  onTransition(listener: (told: readonly Transition<T>[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** For its set. */
  take(rows: Uint32Array, n: number): void {
    const { batch } = this.#sources.rows
    const firstRow = batch.seq === 0 ? 0 : Math.max(this.after, this.#sources.seen) - batch.seq + 1
    this.#slots.bind()
    let values: readonly Scalar[] = []
    const tell = (transition: T): void => this.#note(values, transition)
    for (let i = 0; i < n; i++) {
      const row = rows[i]!
      if (row < firstRow) continue
      const slot = this.#slots.of(row)
      values = slot.values
      try {
        slot.state = this.step(slot.state, row, tell)
      } catch {
        this.errors++
        if (slot.state === undefined) this.#forget(slot)
      }
    }
  }

  /** For its set. */
  tell(): void {
    const told = this.#told
    this.#told = []
    for (const listener of this.#listeners) {
      try {
        listener(told)
      } catch {
        this.errors++
      }
    }
  }

  save(): SavedMachine {
    const states = Array.from(this.#table.entries, ([text, { values, state }]) => [text, values, state] as const)
    return { name: this.name, of: this.of, after: Math.max(this.after, this.#sources.seen), states }
  }

  restore({ states, after }: SavedMachine): void {
    this.after = after
    for (const [text, values, state] of states)
      this.#table.add(text, { used: true, gone: false, values, state: state as S })
  }

  #forget(slot: Slot<S>): void {
    this.#table.remove(groupKey(slot.values))
    slot.gone = true
  }

  #note(values: readonly Scalar[], transition: T): void {
    if (this.#listeners.size === 0) return
    if (this.#told.length === 0) this.#sources.touched.push(this)
    this.#told.push({ key: values, transition })
  }
}

/** The filter and keys as a query. */
export function followed(filter: string, by: readonly string[]): Query | QueryError {
  const { query, error } = parse(filter)
  if (error !== undefined) return error
  if (query.aggregates.length > 0 || query.limit !== undefined || query.range !== undefined || query.sort.length > 0)
    return { message: `expected a filter such as "type = deploy", found "${filter}"`, position: 0 }
  const fields = by.map((name): Field => ({ kind: 'field', name }))
  return { ...query, aggregates: [{ kind: 'aggregate', fn: 'count', args: [], name: 'count()' }], by: fields }
}
