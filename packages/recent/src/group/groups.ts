import { compareScalars, type Scalar, type Steps, sorting } from '@telltale/query'
import type { ChunkView } from '../chunk-view.ts'
import { type Scratch, TABLE } from '../scratch.ts'
import type { Selection } from '../selection.ts'
import { type Combined, paired } from './combined.ts'
import { histogram } from './histogram.ts'
import type { Key, Locals } from './keys.ts'
import { Numbered } from './numbered.ts'
import { Pairs } from './pairs.ts'
import { sortedDoubles } from './sorted-doubles.ts'

/** Groups looked up in a step. */
const LOOKED = 1024
/** Above so many values of keys whoever wants groups sorted does it himself: by then they are often fewer. */
const SORTED = 1 << 15
/** Groups that are given their place in a step. */
const PLACED = 4096
const NO_ROWS: Float64Array = new Float64Array(64)

/** The groups of a chunk's rows. */
export interface Assigned {
  readonly chunk: ChunkView
  readonly selection: Selection
  /** How many groups there are by now. */
  readonly count: number
  /** A group a row, -1 where it is not selected. Made when first asked for; valid until the next chunk. */
  readonly groups: Int32Array
}

/**
 * The groups met so far, numbered from 0 over all chunks. In a chunk a row's keys are combined to one number; what
 * group that is gets looked up once per combination.
 */
export class Groups {
  /** How many. */
  count = 0
  /** How many rows each has. */
  rows: Float64Array = NO_ROWS.slice()
  readonly #keys: readonly Key[]
  /** Per key: its values by number. */
  readonly #values: Numbered[]
  /** Per key after the first: what the keys so far and a value make. */
  readonly #steps: Pairs[]
  readonly #combinations: Int32Array[]
  readonly #groups: Int32Array
  readonly #scratch: Scratch

  constructor(keys: readonly Key[], scratch: Scratch) {
    this.#keys = keys
    this.#values = keys.map(() => new Numbered())
    this.#steps = keys.slice(1).map(() => new Pairs())
    this.#combinations = keys.slice(1).map(() => scratch.ints())
    this.#groups = scratch.ints()
    this.#scratch = scratch
    if (keys.length === 0) this.count = 1
  }

  /** Finds the groups of the rows selected and counts the rows. */
  *assign(chunk: ChunkView, selection: Selection): Steps<Assigned> {
    const groups = this.#groups
    let fill: () => void
    if (this.#keys.length === 0) {
      this.rows[0]! += selection.count
      fill = () => {
        for (let row = 0; row < chunk.length; row++) groups[row] = selection.mask[row]! - 1
      }
    } else {
      const locals: Locals[] = []
      for (const key of this.#keys) {
        locals.push(yield* key(chunk, selection))
        yield
      }
      const combined = yield* this.#combine(locals, selection)
      const table = yield* this.#look(combined, locals, selection)
      fill = () => spread(combined.ids, table, selection, groups)
    }
    let filled = false
    return {
      chunk,
      selection,
      count: this.count,
      get groups() {
        if (!filled) fill()
        filled = true
        return groups
      },
    }
  }

  /** The values of a group's keys. */
  key(group: number): Scalar[] {
    const key = new Array<Scalar>(this.#keys.length)
    let at = group
    for (let i = key.length - 1; i > 0; i--) {
      const step = this.#steps[i - 1]!
      key[i] = this.#values[i]!.values[step.right[at]!]!
      at = step.left[at]!
    }
    if (key.length > 0) key[0] = this.#values[0]!.values[at]!
    return key
  }

  /** All groups by their keys ascending, `first` of them (an index) before the others. undefined, as they came, where that is too much work. */
  *sorted(first: number): Steps<ArrayLike<number> | undefined> {
    const values = this.#values.reduce((sum, { values }) => sum + values.length, 0)
    if (this.#keys.length === 0 || values > SORTED) return undefined
    const ranks: Int32Array[] = []
    for (const { values } of this.#values) ranks.push(yield* ranksOf(values))
    const order = [first, ...ranks.keys()].filter((key, i, all) => all.indexOf(key) === i)
    const span = order.reduce((product, key) => product * ranks[key]!.length, this.count)
    if (span > Number.MAX_SAFE_INTEGER) return undefined
    const weights = new Float64Array(order.length)
    for (let i = order.length - 1, weight = this.count; i >= 0; i--) {
      weights[order[i]!] = weight
      weight *= ranks[order[i]!]!.length
    }
    const places = new Float64Array(this.count)
    for (let from = 0; from < this.count; from += PLACED) {
      this.#place(places, ranks, weights, from, Math.min(this.count, from + PLACED))
      yield
    }
    return yield* groupsAt(yield* sortedDoubles(places), this.count)
  }

  /** Sets the place of some groups by their keys, with the group as what is left of it. */
  #place(places: Float64Array, ranks: readonly Int32Array[], weights: Float64Array, from: number, to: number): void {
    for (let group = from; group < to; group++) {
      let at = group
      places[group] = group
      for (let key = this.#keys.length - 1; key > 0; key--) {
        const step = this.#steps[key - 1]!
        places[group]! += ranks[key]![step.right[at]!]! * weights[key]!
        at = step.left[at]!
      }
      places[group]! += ranks[0]![at]! * weights[0]!
    }
  }

  /** One number a row that tells all its locals. */
  *#combine(locals: readonly Locals[], selection: Selection): Steps<Combined> {
    let combined = this.#numbered(locals[0]!, 0)
    for (let i = 1; i < locals.length; i++) {
      const right = this.#numbered(locals[i]!, i)
      combined = yield* paired(combined, right, this.#steps[i - 1]!, selection, this.#combinations[i - 1]!)
      yield
    }
    return combined
  }

  #numbered({ ids, size, value }: Locals, key: number): Combined {
    const numbers = new Int32Array(size)
    const all = this.#values[key]!
    const number = (id: number): number => (numbers[id]! || (numbers[id] = all.of(value(id)) + 1)) - 1
    return { ids, size, number }
  }

  /** The group of each id that some selected row has. */
  *#look({ ids, size, number }: Combined, locals: readonly Locals[], selection: Selection): Steps<Int32Array> {
    const { counts: room, found } = this.#scratch
    const counts = (size <= TABLE ? room : new Uint32Array(2 * size)).fill(0, 0, 2 * size)
    const table = size <= TABLE ? found : new Int32Array(size)
    histogram(ids, size, locals.length === 1 ? locals[0]!.bytes : undefined, selection, counts)
    yield
    for (let id = 0; id < size; ) {
      for (const step of this.#steps) yield* step.reserve(LOOKED)
      id = this.#lookSome(id, size, counts, number, table)
      yield
    }
    return table
  }

  /** @returns where to go on */
  #lookSome(from: number, size: number, counts: Uint32Array, number: Combined['number'], table: Int32Array): number {
    let looked = 0
    let id = from
    for (; id < size && looked < LOOKED; id++) {
      const count = counts[id]!
      if (count === 0) continue
      looked++
      const group = number(id)
      table[id] = group
      if (group >= this.count) this.#reserve((this.count = group + 1))
      this.rows[group]! += count
    }
    return id
  }

  #reserve(groups: number): void {
    if (groups <= this.rows.length) return
    const rows = new Float64Array(groups * 2)
    rows.set(this.rows)
    this.rows = rows
  }
}

/** Sets each row's group, -1 where it is not selected. */
function spread(ids: Int32Array, table: Int32Array, selection: Selection, groups: Int32Array): void {
  const { mask, count } = selection
  const { length } = mask
  if (selection.isDense) for (let row = 0; row < length; row++) groups[row] = table[ids[row]!]! | (mask[row]! - 1)
  else {
    const { rows } = selection
    groups.fill(-1, 0, length)
    for (let i = 0; i < count; i++) groups[rows[i]!] = table[ids[rows[i]!]!]!
  }
}

/** The groups at these places. */
function* groupsAt(places: Float64Array, count: number): Steps<Float64Array> {
  for (let from = 0; from < places.length; from += PLACED) {
    const to = Math.min(places.length, from + PLACED)
    for (let i = from; i < to; i++) places[i] = places[i]! % count
    yield
  }
  return places
}

/** The place of each value among them, sorted. */
function* ranksOf(values: readonly Scalar[]): Steps<Int32Array> {
  const ranks = new Int32Array(values.length)
  const order = yield* sorting([...values.keys()], (a, b) => compareScalars(values[a]!, values[b]!))
  order.forEach((number, rank) => {
    ranks[number] = rank
  })
  return ranks
}
