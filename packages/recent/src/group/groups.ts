import { compareScalars, type Scalar } from '@telltale/query'
import type { Chunk } from '../chunk.ts'
import { ints } from '../scratch.ts'
import type { Selection } from '../selection.ts'
import { histogram } from './histogram.ts'
import type { Key, Locals } from './keys.ts'
import { Pairs } from './pairs.ts'

/** Where the product of the keys' sizes is at most this, it numbers their combinations; beyond, a hash table does. */
const TABLE = 1 << 17
/** Of the ids of a chunk: how many rows have each, and its group. */
const COUNTS: Uint32Array = new Uint32Array(2 * TABLE)
const FOUND: Int32Array = new Int32Array(TABLE)
const NO_ROWS: Float64Array = new Float64Array(64)

/** The keys of a chunk's rows as one number a row. */
interface Combined {
  readonly ids: Int32Array
  /** All ids are below this. */
  readonly size: number
  /** Which group it is, or part of a group, over all chunks. */
  number(id: number): number
}

/** The groups of a chunk's rows. */
export interface Assigned {
  readonly chunk: Chunk
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
  readonly #known: Map<Scalar, number>[]
  /** Per key: its values by number. */
  readonly #values: Scalar[][]
  /** Per key after the first: what the keys so far and a value make. */
  readonly #steps: Pairs[]
  readonly #combinations: Int32Array[]
  readonly #groups: Int32Array = ints()

  constructor(keys: readonly Key[]) {
    this.#keys = keys
    this.#known = keys.map(() => new Map())
    this.#values = keys.map(() => [])
    this.#steps = keys.slice(1).map(() => new Pairs())
    this.#combinations = keys.slice(1).map(() => ints())
    if (keys.length === 0) this.count = 1
  }

  /** Finds the groups of the rows selected and counts the rows. */
  assign(chunk: Chunk, selection: Selection): Assigned {
    const groups = this.#groups
    let fill: () => void
    if (this.#keys.length === 0) {
      this.rows[0]! += selection.count
      fill = () => {
        for (let row = 0; row < chunk.length; row++) groups[row] = selection.mask[row]! - 1
      }
    } else {
      const locals = this.#keys.map(key => key(chunk, selection))
      const combined = this.#combine(locals, selection)
      const table = this.#look(combined, locals, selection)
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
      key[i] = this.#values[i]![step.right[at]!]!
      at = step.left[at]!
    }
    if (key.length > 0) key[0] = this.#values[0]![at]!
    return key
  }

  /** All groups by their keys ascending, `first` of them (an index) before the others. As they came where that is too much work. */
  sorted(first: number): ArrayLike<number> {
    const places = new Float64Array(this.count)
    if (this.#keys.length === 0) return places
    const ranks = this.#values.map(ranksOf)
    const order = [first, ...ranks.keys()].filter((key, i, all) => all.indexOf(key) === i)
    const span = order.reduce((product, key) => product * ranks[key]!.length, this.count)
    for (let group = 0; group < this.count; group++) places[group] = group
    if (span > Number.MAX_SAFE_INTEGER) return places
    const weights = new Float64Array(order.length)
    for (let i = order.length - 1, weight = this.count; i >= 0; i--) {
      weights[order[i]!] = weight
      weight *= ranks[order[i]!]!.length
    }
    for (let group = 0; group < this.count; group++) {
      let at = group
      for (let key = this.#keys.length - 1; key > 0; key--) {
        const step = this.#steps[key - 1]!
        places[group]! += ranks[key]![step.right[at]!]! * weights[key]!
        at = step.left[at]!
      }
      places[group]! += ranks[0]![at]! * weights[0]!
    }
    places.sort()
    for (let i = 0; i < places.length; i++) places[i] = places[i]! % this.count
    return places
  }

  /** One number a row that tells all its locals. */
  #combine(locals: readonly Locals[], selection: Selection): Combined {
    let combined = this.#numbered(locals[0]!, 0)
    for (let i = 1; i < locals.length; i++) {
      const right = this.#numbered(locals[i]!, i)
      combined = paired(combined, right, this.#steps[i - 1]!, selection, this.#combinations[i - 1]!)
    }
    return combined
  }

  #numbered({ ids, size, value }: Locals, key: number): Combined {
    const numbers = new Int32Array(size)
    const number = (id: number): number => (numbers[id]! || (numbers[id] = this.#number(key, value(id)) + 1)) - 1
    return { ids, size, number }
  }

  #number(key: number, value: Scalar): number {
    const known = this.#known[key]!
    let number = known.get(value)
    if (number === undefined) {
      number = this.#values[key]!.push(value) - 1
      known.set(value, number)
    }
    return number
  }

  /** The group of each id that some selected row has. */
  #look({ ids, size, number }: Combined, locals: readonly Locals[], selection: Selection): Int32Array {
    const counts = (size <= TABLE ? COUNTS : new Uint32Array(2 * size)).fill(0, 0, 2 * size)
    const table = size <= TABLE ? FOUND : new Int32Array(size)
    histogram(ids, size, locals.length === 1 ? locals[0]!.bytes : undefined, selection, counts)
    for (let id = 0; id < size; id++) {
      const count = counts[id]!
      if (count === 0) continue
      const group = number(id)
      table[id] = group
      if (group >= this.count) this.#reserve((this.count = group + 1))
      this.rows[group]! += count
    }
    return table
  }

  #reserve(groups: number): void {
    if (groups <= this.rows.length) return
    const rows = new Float64Array(groups * 2)
    rows.set(this.rows)
    this.rows = rows
  }
}

function paired(left: Combined, right: Combined, step: Pairs, selection: Selection, ids: Int32Array): Combined {
  const { size: more } = right
  const { count, mask } = selection
  const size = left.size * more
  const a = left.ids
  const b = right.ids
  if (size <= TABLE && selection.isDense) {
    const { length } = mask
    for (let row = 0; row < length; row++) ids[row] = Math.imul(a[row]!, more) + b[row]!
  } else {
    const { rows } = selection
    if (size > TABLE) {
      const found = new Pairs()
      ids.fill(0, 0, mask.length)
      for (let i = 0; i < count; i++) ids[rows[i]!] = found.of(a[rows[i]!]!, b[rows[i]!]!)
      const number = (id: number): number => step.of(left.number(found.left[id]!), right.number(found.right[id]!))
      return { ids, size: found.count, number }
    }
    for (let i = 0; i < count; i++) ids[rows[i]!] = Math.imul(a[rows[i]!]!, more) + b[rows[i]!]!
  }
  return { ids, size, number: id => step.of(left.number((id / more) | 0), right.number(id % more)) }
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

/** The place of each value among them, sorted. */
function ranksOf(values: readonly Scalar[]): Int32Array {
  const ranks = new Int32Array(values.length)
  const order = values.map((_, i) => i).sort((a, b) => compareScalars(values[a]!, values[b]!))
  order.forEach((number, rank) => {
    ranks[number] = rank
  })
  return ranks
}
