import type { Scalar } from '@telltale/query'
import type { Chunk } from '../chunk.ts'
import { doubles } from '../scratch.ts'
import type { Selection } from '../selection.ts'
import type { Key, Locals } from './keys.ts'

/** Where the product of the keys' sizes is at most this, a table finds the group. */
const TABLE = 1 << 18
/** The group of each combination, while a chunk's rows are assigned. */
const TABLE_OF_GROUPS = new Int32Array(TABLE)
/** Values a key may have where there are several: two of them must fit a double. */
const SHIFT = 2 ** 26

/**
 * The groups met so far, numbered from 0 over all chunks. In a chunk a row's keys are combined to one number; what
 * group that is gets looked up once per combination.
 */
export class Groups {
  /** How many. */
  count = 0
  readonly #keys: readonly Key[]
  /** Per key: numbers of its values. */
  readonly #known: Map<Scalar, number>[]
  readonly #values: Scalar[][]
  /** Per key after the first: what a group of the keys so far and a value make. */
  readonly #steps: Map<number, number>[]
  /** Per key after the first and thing so made: its two parts. */
  readonly #parts: { left: number; right: number }[][]
  readonly #combined: Float64Array = doubles()

  constructor(keys: readonly Key[]) {
    this.#keys = keys
    this.#known = keys.map(() => new Map())
    this.#values = keys.map(() => [])
    this.#steps = keys.slice(1).map(() => new Map())
    this.#parts = keys.slice(1).map(() => [])
    if (keys.length === 0) this.count = 1
  }

  /** Sets groups[row] to the row's group, to -1 where it is not selected. */
  assign(chunk: Chunk, selection: Selection, groups: Int32Array): void {
    const { rows, count } = selection
    groups.fill(-1, 0, chunk.length)
    if (this.#keys.length === 0) {
      for (let i = 0; i < count; i++) groups[rows[i]!] = 0
      return
    }
    const locals = this.#keys.map(key => key(chunk, selection))
    const { combined, size } = this.#combine(locals, selection)
    if (size <= TABLE) {
      const table = TABLE_OF_GROUPS.fill(-1, 0, size)
      for (let i = 0; i < count; i++) {
        const row = rows[i]!
        const at = combined[row]!
        if (table[at] === -1) table[at] = this.#group(row, locals)
        groups[row] = table[at]!
      }
      return
    }
    const found = new Map<number, number>()
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const at = combined[row]!
      let group = found.get(at)
      if (group === undefined) found.set(at, (group = this.#group(row, locals)))
      groups[row] = group
    }
  }

  /** The values of a group's keys. */
  key(group: number): Scalar[] {
    const key: Scalar[] = []
    let at = group
    for (let i = this.#keys.length - 1; i > 0; i--) {
      const { left, right } = this.#parts[i - 1]![at]!
      key.push(this.#values[i]![right]!)
      at = left
    }
    if (this.#keys.length > 0) key.push(this.#values[0]![at]!)
    return key.reverse()
  }

  /** One number a row that tells all its locals, and what all of them are below. */
  #combine(locals: readonly Locals[], selection: Selection): { combined: ArrayLike<number>; size: number } {
    const { rows, count } = selection
    const first = locals[0]!
    if (locals.length === 1) return { combined: first.ids, size: first.size }
    const combined = this.#combined
    let { size } = first
    for (let i = 0; i < count; i++) combined[rows[i]!] = first.ids[rows[i]!]!
    for (const { ids, size: more } of locals.slice(1)) {
      if (size * more > Number.MAX_SAFE_INTEGER) size = renumber(combined, selection)
      for (let i = 0; i < count; i++) {
        const row = rows[i]!
        combined[row] = combined[row]! * more + ids[row]!
      }
      size *= more
    }
    return { combined, size }
  }

  /** The group of a row whose combination is met for the first time in this chunk. */
  #group(row: number, locals: readonly Locals[]): number {
    const ids = locals.map(({ ids, value }, i) => this.#number(i, value(ids[row]!))).reverse()
    let at = ids.pop()!
    if (locals.length === 1) {
      this.count = this.#values[0]!.length
      return at
    }
    for (const [i, steps] of this.#steps.entries()) {
      const right = ids.pop()!
      const step = at * SHIFT + right
      let next = steps.get(step)
      if (next === undefined) {
        next = this.#parts[i]!.push({ left: at, right }) - 1
        steps.set(step, next)
      }
      at = next
    }
    this.count = this.#parts[this.#parts.length - 1]!.length
    return at
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
}

/** Numbers the combinations there are from 0. @returns how many */
function renumber(combined: Float64Array, { rows, count }: Selection): number {
  const known = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const at = combined[row]!
    const number = known.get(at) ?? known.size
    known.set(at, number)
    combined[row] = number
  }
  return Math.max(1, known.size)
}
