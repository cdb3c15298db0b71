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

/** The values an expression has in the rows of a batch, each known by a small number that is good for one turn. */
export class Values {
  readonly #source: BatchRows
  readonly #expression: Expression
  readonly #computed: (row: number) => Scalar
  readonly #columns: (() => readonly Column[]) | undefined
  #codes: Uint32Array | undefined
  #column: Column | undefined
  #isComputed = false
  #turn = -1
  /** Values that are no code of the dictionary get the ids from here on. */
  #first = 0
  readonly #others: Map<Scalar, number> = new Map()
  #values: Scalar[] = []
  #texts: (string | undefined)[] = []
  #known: Int32Array = new Int32Array(64)

  constructor(expression: Expression, source: BatchRows) {
    this.#source = source
    this.#expression = expression
    const value = valuer(expression, source)
    this.#computed = row => scalarOf(value(row))
    const place = expression.kind === 'field' ? resolve(expression.name) : undefined
    if (place?.kind === 'path') this.#columns = source.columns(column => column.path.name === place.name)
  }

  /** The id of a row's value. Ids may differ for equal values. */
  id(row: number): number {
    if (this.#turn !== this.#source.turns) this.#bind()
    if (this.#codes !== undefined) return this.#codes[row]!
    if (this.#isComputed) return this.#other(this.#computed(row))
    const column = this.#column
    const cell = column === undefined ? -1 : column.at(row)
    if (cell < 0) return NUMBER
    const number = column!.numbers === undefined ? Number.NaN : column!.numbers[cell]!
    return number === number ? this.#other(number === 0 ? 0 : number) : column!.codes[cell]!
  }

  /** The value of an id, as it is used for a key. */
  value(id: number): Scalar {
    this.#learn(id)
    return this.#values[id]!
  }

  /** The value of an id as JSON. */
  text(id: number): string {
    this.#learn(id)
    return (this.#texts[id] ??= JSON.stringify(this.#values[id]))
  }

  #learn(id: number): void {
    if (id >= this.#first || this.#known[id] === this.#turn) return
    this.#known[id] = this.#turn
    const value = id === NUMBER ? null : this.#source.batch.dictionary.value(id)
    this.#values[id] = typeof value === 'object' && !Array.isArray(value) ? null : scalarOf(value)
    this.#texts[id] = undefined
  }

  #other(value: Scalar): number {
    let id = this.#others.get(value)
    if (id === undefined) {
      id = this.#first + this.#others.size
      this.#others.set(value, id)
      this.#values[id] = value
      this.#texts[id] = undefined
    }
    return id
  }

  #bind(): void {
    const { batch, turns } = this.#source
    this.#turn = turns
    this.#first = batch.dictionary.size
    this.#others.clear()
    this.#makeRoom(this.#first)
    const expression = this.#expression
    const name = expression.kind === 'field' ? expression.name : ''
    this.#codes = name === 'type' || name === 'hostname' || name === 'md5' || name === 'tags' ? batch[name] : undefined
    const columns = this.#columns?.()
    this.#isComputed = this.#codes === undefined && (columns === undefined || columns.length > 1)
    this.#column = columns?.[0]
  }

  #makeRoom(ids: number): void {
    if (this.#known.length < ids) this.#known = new Int32Array(ids * 2)
    if (this.#values.length > 4 * Math.max(ids, 4096)) {
      this.#values = []
      this.#texts = []
    }
    // Filled up from the start, or V8 would make a hash table of it.
    while (this.#values.length < ids) this.#values.push(null)
    while (this.#texts.length < ids) this.#texts.push(undefined)
  }
}

/** Two ids together: a batch has fewer. */
const SHIFT = 2 ** 26

/** The keys of the rows of a batch; each distinct one is made once. */
export class Keys {
  readonly #source: BatchRows
  readonly #values: readonly Values[]
  #turn = -1
  readonly #keys: Map<number, Key> = new Map()
  readonly #pairs: Map<number, number> = new Map()

  /** @param values one a key, at least one */
  constructor(values: readonly Values[], source: BatchRows) {
    this.#source = source
    this.#values = values
  }

  of(row: number): Key {
    if (this.#turn !== this.#source.turns) {
      this.#turn = this.#source.turns
      this.#keys.clear()
      this.#pairs.clear()
    }
    const values = this.#values
    let at = values[0]!.id(row)
    if (values.length > 1) at = at * SHIFT + values[1]!.id(row)
    for (let i = 2; i < values.length; i++) at = this.#pair(at) * SHIFT + values[i]!.id(row)
    let key = this.#keys.get(at)
    if (key === undefined) {
      key = this.#make(row)
      this.#keys.set(at, key)
    }
    return key
  }

  /** A small number for what two ids make. */
  #pair(both: number): number {
    let number = this.#pairs.get(both)
    if (number === undefined) {
      number = this.#pairs.size
      this.#pairs.set(both, number)
    }
    return number
  }

  #make(row: number): Key {
    const ids = this.#values.map(values => values.id(row))
    return {
      text: `[${ids.map((id, i) => this.#values[i]!.text(id)).join(',')}]`,
      values: ids.map((id, i) => this.#values[i]!.value(id)),
    }
  }
}
