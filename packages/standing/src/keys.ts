import { type Column, NUMBER } from '@telltale/event'
import { type Expression, groupKey, resolve, type Scalar, scalarOf, valuer } from '@telltale/query'
import type { BatchRows } from '@telltale/query/batch'

/** What rows are grouped by. */
export interface Key {
  /** The values as one text, as a partial's groups are known by. */
  readonly text: string
  readonly values: readonly Scalar[]
}

export const NO_KEY: Key = { text: groupKey([]), values: [] }

/** Values and keys that are remembered from batch to batch; beyond, all are forgotten at once, and learned anew. */
const REMEMBERED = 1 << 16

/**
 * The values an expression has in the rows of a batch, each known by a small number: equal values by the same one, as
 * long as the epoch lasts.
 */
export class Values {
  /** Rises when all numbers are forgotten, which is only between two batches. */
  epoch = 0
  readonly #source: BatchRows
  readonly #expression: Expression
  readonly #computed: (row: number) => Scalar
  readonly #columns: (() => readonly Column[]) | undefined
  #codes: Uint32Array | undefined
  #column: Column | undefined
  #isComputed = false
  #turn = -1
  readonly #numbers: Map<Scalar, number> = new Map([[null, 0]])
  readonly #values: Scalar[] = [null]
  /** The number of each code of the dictionary, good where {@link #known} says this turn. */
  #ofCode: Int32Array = new Int32Array(64)
  #known: Int32Array = new Int32Array(64)

  constructor(expression: Expression, source: BatchRows) {
    this.#source = source
    this.#expression = expression
    const value = valuer(expression, source)
    this.#computed = row => scalarOf(value(row))
    const place = expression.kind === 'field' ? resolve(expression.name) : undefined
    if (place?.kind === 'path') this.#columns = source.columns(column => column.path.name === place.name)
  }

  /** The number of a row's value. */
  of(row: number): number {
    if (this.#turn !== this.#source.turns) this.bind()
    if (this.#codes !== undefined) return this.#code(this.#codes[row]!)
    if (this.#isComputed) return this.#number(this.#computed(row))
    const column = this.#column
    const cell = column === undefined ? -1 : column.at(row)
    if (cell < 0) return 0
    const number = column!.numbers === undefined ? Number.NaN : column!.numbers[cell]!
    return number === number ? this.#number(number === 0 ? 0 : number) : this.#code(column!.codes[cell]!)
  }

  /** The value of a number, as it is used for a key. */
  value(number: number): Scalar {
    return this.#values[number]!
  }

  /** Makes ready for the batch turned to. */
  bind(): void {
    const { batch, turns } = this.#source
    if (this.#turn === turns) return
    this.#turn = turns
    const { size } = batch.dictionary
    if (this.#known.length < size) {
      this.#known = new Int32Array(size * 2)
      this.#ofCode = new Int32Array(size * 2)
    }
    if (this.#values.length > REMEMBERED) this.#forget()
    const name = this.#expression.kind === 'field' ? this.#expression.name : ''
    this.#codes = name === 'type' || name === 'hostname' || name === 'md5' || name === 'tags' ? batch[name] : undefined
    const columns = this.#columns?.()
    this.#isComputed = this.#codes === undefined && (columns === undefined || columns.length > 1)
    this.#column = columns?.[0]
  }

  #code(code: number): number {
    if (this.#known[code] === this.#turn) return this.#ofCode[code]!
    const value = code === NUMBER ? null : this.#source.batch.dictionary.value(code)
    const number = this.#number(typeof value === 'object' && !Array.isArray(value) ? null : scalarOf(value))
    this.#known[code] = this.#turn
    this.#ofCode[code] = number
    return number
  }

  #number(value: Scalar): number {
    let number = this.#numbers.get(value)
    if (number === undefined) {
      number = this.#values.push(value) - 1
      this.#numbers.set(value, number)
    }
    return number
  }

  #forget(): void {
    this.epoch++
    this.#numbers.clear()
    this.#numbers.set(null, 0)
    this.#values.length = 1
  }
}

/** Two numbers together: there are never as many. */
const SHIFT = 2 ** 26

/** The keys of the rows of a batch; each distinct one is made once. */
export class Keys {
  readonly #source: BatchRows
  readonly #values: readonly Values[]
  #turn = -1
  #epoch = 0
  readonly #keys: Map<number, Key> = new Map()
  readonly #pairs: Map<number, number> = new Map()

  /** @param values one a key, at least one */
  constructor(values: readonly Values[], source: BatchRows) {
    this.#source = source
    this.#values = values
  }

  of(row: number): Key {
    if (this.#turn !== this.#source.turns) this.#bind()
    const values = this.#values
    let at = values[0]!.of(row)
    if (values.length > 1) at = at * SHIFT + values[1]!.of(row)
    for (let i = 2; i < values.length; i++) at = this.#pair(at) * SHIFT + values[i]!.of(row)
    let key = this.#keys.get(at)
    if (key === undefined) {
      const scalars = values.map(value => value.value(value.of(row)))
      key = { text: groupKey(scalars), values: scalars }
      this.#keys.set(at, key)
    }
    return key
  }

  /** A small number for what two numbers make. */
  #pair(both: number): number {
    let number = this.#pairs.get(both)
    if (number === undefined) {
      number = this.#pairs.size
      this.#pairs.set(both, number)
    }
    return number
  }

  #bind(): void {
    this.#turn = this.#source.turns
    let epoch = 0
    for (const values of this.#values) {
      values.bind()
      epoch += values.epoch
    }
    if (epoch === this.#epoch && this.#keys.size <= REMEMBERED && this.#pairs.size <= REMEMBERED) return
    this.#epoch = epoch
    this.#keys.clear()
    this.#pairs.clear()
  }
}
