import { type Column, NUMBER } from '@telltale/event'
import { type Expression, groupKey, resolve, type Scalar, scalarOf, valuer } from '@telltale/query'
import type { BatchRows } from '@telltale/query/batch'
import { Pairs } from './pairs.ts'
import type { Texts } from './texts.ts'

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
  readonly #texts: Texts
  #textEpoch = 0
  /** By number of the text, plus one; 0 where it is not known. */
  #ofText: Int32Array = new Int32Array(64)

  constructor(expression: Expression, source: BatchRows, texts: Texts) {
    this.#source = source
    this.#texts = texts
    this.#expression = expression
    const value = valuer(expression, source)
    this.#computed = row => scalarOf(value(row))
    const place = expression.kind === 'field' ? resolve(expression.name) : undefined
    if (place?.kind === 'path') this.#columns = source.named(place.name)
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

  /** A row's value, as it is used for a key; no number is made up for it where it is one itself. */
  scalar(row: number): Scalar {
    if (this.#turn !== this.#source.turns) this.bind()
    if (this.#codes !== undefined) return this.#values[this.#code(this.#codes[row]!)]!
    if (this.#isComputed) return this.#computed(row)
    const column = this.#column
    const cell = column === undefined ? -1 : column.at(row)
    if (cell < 0) return null
    const number = column!.numbers === undefined ? Number.NaN : column!.numbers[cell]!
    return number === number ? (number === 0 ? 0 : number) : this.#values[this.#code(column!.codes[cell]!)]!
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
    this.#texts.bind()
    if (this.#textEpoch !== this.#texts.epoch) {
      this.#textEpoch = this.#texts.epoch
      this.#ofText.fill(0)
    }
    if (this.#values.length > REMEMBERED) this.#forget()
    const name = this.#expression.kind === 'field' ? this.#expression.name : ''
    this.#codes = name === 'type' || name === 'hostname' || name === 'md5' || name === 'tags' ? batch[name] : undefined
    const columns = this.#columns?.()
    this.#isComputed = this.#codes === undefined && (columns === undefined || columns.length > 1)
    this.#column = columns?.[0]
  }

  #code(code: number): number {
    const text = this.#texts.of(code)
    const known = text < 0 ? 0 : this.#ofText[text]
    return known !== undefined && known > 0 ? known - 1 : this.#learn(code, text)
  }

  #learn(code: number, text: number): number {
    const value = code === NUMBER ? null : this.#source.batch.dictionary.value(code)
    const number = this.#number(typeof value === 'object' && !Array.isArray(value) ? null : scalarOf(value))
    if (text < 0) return number
    if (text >= this.#ofText.length) {
      const room = new Int32Array(text * 2)
      room.set(this.#ofText)
      this.#ofText = room
    }
    this.#ofText[text] = number + 1
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
    this.#ofText.fill(0)
    this.#numbers.clear()
    this.#numbers.set(null, 0)
    this.#values.length = 1
  }
}

/**
 * The keys of the rows of a batch, each known by a small number, its slot: equal keys by the same one, as long as the
 * epoch lasts. A row's slot is looked for once, however many ask.
 */
export class Keys {
  readonly #source: BatchRows
  readonly #values: readonly Values[]
  /** The number of the first value with that of the second; of those two with that of the third; … */
  readonly #pairs: readonly Pairs[]
  #turn = -1
  #epochs = 0
  #epoch = 0
  readonly #keys: (Key | undefined)[] = []
  /** By row; −1 where nobody has asked yet. */
  #slots: Int32Array = new Int32Array(64)

  /** @param values one a key, at least one */
  constructor(values: readonly Values[], source: BatchRows) {
    this.#source = source
    this.#values = values
    this.#pairs = values.slice(1).map(() => new Pairs())
  }

  /** Makes ready for the batch turned to. @returns the epoch, which rises when all slots are forgotten */
  bind(): number {
    if (this.#turn !== this.#source.turns) this.#bind()
    return this.#epoch
  }

  /** The slot of a row's key; {@link bind} comes first. */
  slot(row: number): number {
    const known = this.#slots[row]!
    return known >= 0 ? known : this.#find(row)
  }

  /** The key of a slot. */
  key(slot: number): Key {
    return this.#keys[slot] ?? this.#make(slot)
  }

  #find(row: number): number {
    const values = this.#values
    let slot = values[0]!.of(row)
    for (let i = 1; i < values.length; i++) slot = this.#pairs[i - 1]!.of(slot, values[i]!.of(row))
    this.#slots[row] = slot
    return slot
  }

  #make(slot: number): Key {
    const values: Scalar[] = []
    let at = slot
    for (let i = this.#pairs.length; i > 0; i--) {
      const pairs = this.#pairs[i - 1]!
      values.unshift(this.#values[i]!.value(pairs.second(at)))
      at = pairs.first(at)
    }
    values.unshift(this.#values[0]!.value(at))
    const key = { text: groupKey(values), values }
    while (this.#keys.length < slot) this.#keys.push(undefined)
    this.#keys[slot] = key
    return key
  }

  #bind(): void {
    this.#turn = this.#source.turns
    let epochs = 0
    for (const values of this.#values) {
      values.bind()
      epochs += values.epoch
    }
    const { length } = this.#source.batch
    if (this.#slots.length < length) this.#slots = new Int32Array(length * 2)
    this.#slots.fill(-1, 0, length)
    if (epochs === this.#epochs && this.#pairs.every(({ size }) => size <= REMEMBERED)) return
    this.#epochs = epochs
    this.#epoch++
    this.#keys.length = 0
    for (const pairs of this.#pairs) pairs.clear()
  }
}
