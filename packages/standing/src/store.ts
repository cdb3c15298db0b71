import { newStates, type Plan, type Scalar, type State } from '@telltale/query'
import { KeyTable } from './key-table.ts'
import type { Key } from './keys.ts'

/** One key of a standing query, with its states pane by pane. */
export class Entry {
  /** The key as text: equal for equal keys. */
  readonly text: string
  readonly key: readonly Scalar[]
  /** Rising. */
  readonly starts: number[] = []
  readonly panes: State[][] = []
  used = true
  /** Among those changed since someone last looked. */
  dirty = false
  /** Evicted, or empty. */
  gone = false
  /** The start of the pane that changed last, and its states; NaN where others must know before one changes. */
  last: number = Number.NaN
  states: State[] = []
  /** All panes merged, while none of them changes. */
  merged: { readonly from: number; readonly to: number; readonly states: readonly State[] } | undefined

  constructor({ text, values }: Key) {
    this.text = text
    this.key = values
  }

  /** The states of the pane that starts there, made if new. They are about to change. */
  pane(start: number, plan: Plan): State[] {
    this.merged = undefined
    const i = this.#place(start)
    if (this.starts[i] !== start) this.#insert(i, start, newStates(plan))
    this.last = start
    this.states = this.panes[i]!
    return this.states
  }

  /** Where the pane that starts there is, or belongs. */
  #place(start: number): number {
    const { starts } = this
    let i = starts.length
    while (i > 0 && starts[i - 1]! >= start) i--
    return i
  }

  #insert(i: number, start: number, states: State[]): void {
    const { starts, panes } = this
    if (i === starts.length) {
      starts.push(start)
      panes.push(states)
    } else {
      starts.splice(i, 0, start)
      panes.splice(i, 0, states)
    }
  }

  /** Drops panes that start before. @returns whether there were any */
  expire(from: number): boolean {
    const { starts, panes } = this
    if (starts.length === 0 || starts[0]! >= from) return false
    let n = 1
    while (n < starts.length && starts[n]! < from) n++
    starts.splice(0, n)
    panes.splice(0, n)
    this.merged = undefined
    this.last = Number.NaN
    return true
  }

  /** The panes that start within, as one; undefined where there are none. The states must not be changed. */
  whole(from: number, to: number, plan: Plan): readonly State[] | undefined {
    const { merged, starts, panes } = this
    if (merged !== undefined && merged.from === from && merged.to === to) return merged.states
    let first = 0
    while (first < starts.length && starts[first]! < from) first++
    let end = starts.length
    while (end > first && starts[end - 1]! >= to) end--
    if (first === end) return undefined
    if (end - first === 1) return panes[first]
    const states = together(plan, panes.slice(first, end))
    this.merged = { from, to, states }
    this.last = Number.NaN
    return states
  }
}

/** The states of several panes as one's. */
function together({ calls }: Plan, panes: readonly (readonly State[])[]): State[] {
  const states: State[] = []
  for (const [i, { aggregate, slot }] of calls.entries()) {
    if (slot !== i) states.push(states[slot])
    else {
      const parts = panes.map(pane => pane[i])
      states.push(aggregate.mergeAll?.(parts) ?? parts.reduce((a, b) => aggregate.merge(a, b)))
    }
  }
  return states
}

/** Keys that are weighed for all. */
const SAMPLE = 16
/** Weighing is put off so often, unless there are many more keys. */
const RESTS = 100

/** What plain data takes in memory, roughly, in bytes. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 8
  let bytes = 40
  if (Array.isArray(value)) for (const inner of value) bytes += weightOf(inner)
  else for (const inner of Object.values(value)) bytes += 8 + weightOf(inner)
  return bytes
}

/** The keys of a standing query with their panes. */
export class Store {
  readonly table: KeyTable<Entry>
  /** Whether anybody looks at {@link dirty}. */
  watched = false
  /** Changed since someone last looked; among them what has gone. */
  dirty: Entry[] = []
  /** More changed than {@link dirty} holds. */
  overflowed = false
  readonly #most: number
  readonly #memory: number
  /** How many keys there were when they were last weighed, and how often it was put off since. */
  #weighed = 0
  #rests = 0

  /** @param memory what all keys may weigh together, in bytes */
  constructor(most: number, memory: number) {
    this.#most = most
    this.#memory = memory
    this.table = new KeyTable(most, entry => this.#left(entry))
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.table.entries
  }

  /** The entry of a key, made if new. */
  entry(key: Key): Entry {
    return this.table.get(key.text) ?? this.table.add(key.text, new Entry(key))
  }

  /** Notes that an entry changed. */
  touch(entry: Entry): void {
    if (!this.watched || entry.dirty) return
    entry.dirty = true
    this.dirty.push(entry)
    if (this.dirty.length <= 2 * this.#most) return
    this.look()
    this.overflowed = true
  }

  /** What changed since the last look. */
  look(): readonly Entry[] {
    const { dirty } = this
    this.dirty = []
    this.overflowed = false
    for (const entry of dirty) entry.dirty = false
    return dirty
  }

  /** Drops panes that start before, and keys left with none. */
  expire(from: number): void {
    for (const entry of this.entries.values()) {
      if (!entry.expire(from)) continue
      if (entry.starts.length === 0) {
        this.table.remove(entry.text)
        this.#left(entry)
      } else this.touch(entry)
    }
  }

  /** Now and then weighs some keys, and lowers the number of keys where that many of their kind would be too heavy. */
  weigh(): void {
    const { size } = this.entries
    if (size <= this.#weighed * 1.25 && ++this.#rests < RESTS) return
    this.#weighed = size
    this.#rests = 0
    this.table.most =
      size === 0 ? this.#most : Math.max(1, Math.min(this.#most, Math.floor(this.#memory / this.weight)))
  }

  /** What a key weighs, in bytes, from a sample of them; 0 where there are none. */
  get weight(): number {
    let bytes = 0
    let n = 0
    for (const { text, panes, merged } of this.entries.values()) {
      bytes += 250 + text.length * 2 + weightOf(panes) + weightOf(merged?.states)
      if (++n === SAMPLE) break
    }
    return n === 0 ? 0 : bytes / n
  }

  #left(entry: Entry): void {
    entry.gone = true
    this.touch(entry)
  }
}
