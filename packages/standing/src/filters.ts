import type { Expression } from '@telltale/query'
import { type BatchRows, everyRow, type Sieve, sieve } from '@telltale/query/batch'
import { type Equality, equalitiesOf } from './equality.ts'
import type { Texts } from './texts.ts'
import { ValueIndex } from './value-index.ts'

/** Who wants the rows of a filter. */
export interface Taker {
  /** Takes the first n rows of a list, rising; the list must not be changed or kept. */
  take(rows: Uint32Array, n: number): void
}

interface Filter {
  readonly text: string
  readonly takers: Taker[]
  /** What the index does not see to. */
  readonly rest: Sieve | undefined
  /** Where it stands in the index: a field and the values that field may have. */
  readonly at: Equality | undefined
  /** Only where it waits for several values: the rows met so far in this batch. */
  met: number[]
}

/**
 * The filters of all standing queries. Equal ones are evaluated once per batch. Those that want a field to equal
 * something are found by the values that occur in the batch: a filter whose value does not occur costs nothing.
 */
export class Filters {
  /** How often a filter was run over some rows, so far; those without conditions of their own do not count. */
  runs = 0
  readonly #rows: BatchRows
  readonly #texts: Texts
  readonly #filters: Map<string, Filter> = new Map()
  /** Those in no index. */
  readonly #loose: Set<Filter> = new Set()
  readonly #indexes: Map<string, ValueIndex<Filter>> = new Map()
  #room: Uint32Array = new Uint32Array(64)
  #every: Uint32Array = everyRow(64)

  constructor(rows: BatchRows, texts: Texts) {
    this.#rows = rows
    this.#texts = texts
  }

  /** How many distinct filters there are, and how many of them are indexed. */
  get size(): { filters: number; indexed: number } {
    return { filters: this.#filters.size, indexed: this.#filters.size - this.#loose.size }
  }

  /** @param condition absent: every row */
  add(condition: Expression | undefined, taker: Taker): void {
    const text = JSON.stringify(condition ?? null)
    let filter = this.#filters.get(text)
    if (filter === undefined) {
      filter = this.#make(text, condition)
      this.#filters.set(text, filter)
    }
    filter.takers.push(taker)
  }

  remove(condition: Expression | undefined, taker: Taker): void {
    const text = JSON.stringify(condition ?? null)
    const filter = this.#filters.get(text)
    if (filter === undefined || !drop(filter.takers, taker) || filter.takers.length > 0) return
    this.#filters.delete(text)
    this.#loose.delete(filter)
    if (filter.at === undefined) return
    const index = this.#indexes.get(filter.at.field)!
    for (const value of filter.at.values) index.remove(value, filter)
    if (index.size === 0) this.#indexes.delete(filter.at.field)
  }

  /** Gives all takers their rows of the batch turned to. */
  run(): void {
    const { length } = this.#rows.batch
    if (this.#loose.size > 0) {
      if (this.#every.length < length) this.#every = everyRow(length * 2)
      for (const filter of this.#loose) this.#hand(filter, this.#every, length)
    }
    for (const index of this.#indexes.values()) this.#look(index)
  }

  #look(index: ValueIndex<Filter>): void {
    const several: Filter[] = []
    const found = index.find()
    for (let at = 0; at < found.length; at++) {
      const { rows, n, waiting: filters } = found[at]!
      for (let j = 0; j < filters.length; j++) {
        const filter = filters[j]!
        if (filter.at!.values.length === 1) this.#hand(filter, rows, n)
        else {
          if (filter.met.length === 0) several.push(filter)
          for (let i = 0; i < n; i++) filter.met.push(rows[i]!)
        }
      }
    }
    for (const filter of several) {
      // An array may hold two of the values wanted.
      const rows = new Uint32Array(new Set(filter.met)).sort()
      filter.met = []
      this.#hand(filter, rows, rows.length)
    }
  }

  #hand({ rest, takers }: Filter, given: Uint32Array, n: number): void {
    let rows = given
    let left = n
    if (rest !== undefined) {
      if (this.#room.length < n) this.#room = new Uint32Array(n * 2)
      rows = this.#room
      for (let i = 0; i < n; i++) rows[i] = given[i]!
      left = rest(rows, n)
      this.runs++
    }
    if (left > 0) for (let i = 0; i < takers.length; i++) takers[i]!.take(rows, left)
  }

  #make(text: string, condition: Expression | undefined): Filter {
    const at = condition === undefined ? undefined : this.#leastCrowded(equalitiesOf(condition))
    const others = at === undefined ? condition : at.others
    const rest = others === undefined ? undefined : sieve(others, this.#rows)
    const filter: Filter = { text, takers: [], rest, at, met: [] }
    if (at === undefined) this.#loose.add(filter)
    else {
      let index = this.#indexes.get(at.field)
      if (index === undefined) this.#indexes.set(at.field, (index = new ValueIndex(at.field, this.#rows, this.#texts)))
      for (const value of at.values) index.add(value, filter)
    }
    return filter
  }

  /** Of a condition's equalities the one that fewest other filters share. */
  #leastCrowded(all: readonly Equality[]): Equality | undefined {
    let best: Equality | undefined
    let least = Number.POSITIVE_INFINITY
    for (const equality of all) {
      const index = this.#indexes.get(equality.field)
      let crowd = 0
      for (const value of equality.values) crowd += 1 + (index?.crowd(value) ?? 0)
      if (crowd >= least) continue
      best = equality
      least = crowd
    }
    return best
  }
}

/** Takes one out of a list. @returns whether it was in it */
function drop<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
  return at >= 0
}
