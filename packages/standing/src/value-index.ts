import { type Column, FIRST_TEXT, NUMBER } from '@telltale/event'
import { type Scalar, type Value, valuer } from '@telltale/query'
import type { BatchRows } from '@telltale/query/batch'
import type { Texts } from './texts.ts'

/** Who waits for one value, and the rows of this batch that have it. */
interface Met<T> {
  readonly value: Scalar
  readonly waiting: T[]
  rows: Uint32Array
  n: number
}

const ARRAY = 'array'

/** Finds, for one field, who waits for the values a batch has. */
export class ValueIndex<T> {
  readonly #rows: BatchRows
  readonly #key: 'type' | 'hostname' | 'md5' | 'tags' | undefined
  readonly #columns: () => readonly Column[]
  readonly #value: (row: number) => Value
  readonly #waiting: Map<Scalar, Met<T>> = new Map()
  readonly #texts: Texts
  #textEpoch = 0
  /** By number of the text: who waits for it, null where nobody does; undefined where that is not known. */
  readonly #ofText: (Met<T> | typeof ARRAY | null | undefined)[] = []
  /** Those whose value occurs in the batch. */
  readonly #met: Met<T>[] = []

  /** @param field a top-level key, or a dot and the name of a path */
  constructor(field: string, rows: BatchRows, texts: Texts) {
    this.#rows = rows
    this.#texts = texts
    const isPath = field.startsWith('.')
    this.#key = isPath ? undefined : (field as 'type')
    const name = isPath ? field.slice(1) : field
    this.#columns = rows.named(name)
    this.#value = valuer({ kind: 'field', name: isPath ? `additional_info.${name}` : name }, rows)
  }

  get size(): number {
    return this.#waiting.size
  }

  crowd(value: Scalar): number {
    return this.#waiting.get(value)?.waiting.length ?? 0
  }

  add(value: Scalar, one: T): void {
    const known = this.#waiting.get(value)
    if (known !== undefined) known.waiting.push(one)
    else {
      this.#waiting.set(value, { value, waiting: [one], rows: new Uint32Array(4), n: 0 })
      this.#ofText.length = 0
    }
  }

  remove(value: Scalar, one: T): void {
    const { waiting } = this.#waiting.get(value)!
    waiting.splice(waiting.indexOf(one), 1)
    if (waiting.length > 0) return
    this.#waiting.delete(value)
    this.#ofText.length = 0
  }

  /** Those who wait for a value that occurs, with the rows that have it. Good until the next call. */
  find(): readonly Met<T>[] {
    const met = this.#met
    for (let i = 0; i < met.length; i++) met[i]!.n = 0
    met.length = 0
    const { batch } = this.#rows
    this.#texts.bind()
    if (this.#textEpoch !== this.#texts.epoch) {
      this.#textEpoch = this.#texts.epoch
      this.#ofText.length = 0
    }
    if (this.#key !== undefined) {
      const codes = batch[this.#key]
      for (let row = 0; row < batch.length; row++) this.#meet(codes[row]!, row)
      return this.#met
    }
    const columns = this.#columns()
    if (columns.length === 1) this.#walk(columns[0]!)
    else if (columns.length > 1) for (let row = 0; row < batch.length; row++) this.#meetValue(this.#value(row), row)
    return this.#met
  }

  #walk({ count, rows, codes, numbers }: Column): void {
    for (let i = 0; i < count; i++) {
      const number = numbers === undefined ? Number.NaN : numbers[i]!
      if (number !== number) this.#meet(codes[i]!, rows[i]!)
      else this.#meetValue(number, rows[i]!)
    }
  }

  #meet(code: number, row: number): void {
    const text = this.#texts.of(code)
    let met = text < 0 ? undefined : this.#ofText[text]
    if (met === undefined) met = this.#lookUp(code, text)
    if (met === null) return
    if (met === ARRAY) this.#meetValue(this.#rows.batch.dictionary.value(code) as Value, row)
    else this.#add(met, row)
  }

  /** Who waits for a code's value. */
  #lookUp(code: number, text: number): Met<T> | typeof ARRAY | null {
    let found: Met<T> | typeof ARRAY | null = null
    const { dictionary } = this.#rows.batch
    if (code >= FIRST_TEXT && dictionary.json[code] === 1) found = Array.isArray(dictionary.value(code)) ? ARRAY : null
    else if (code !== NUMBER) found = this.#waiting.get(dictionary.value(code) as Scalar) ?? null
    if (text < 0) return found
    while (this.#ofText.length < text) this.#ofText.push(undefined)
    this.#ofText[text] = found
    return found
  }

  #add(met: Met<T>, row: number): void {
    if (met.n === 0) this.#met.push(met)
    append(met, row)
  }

  #meetValue(value: Value, row: number): void {
    for (const item of Array.isArray(value) ? value : [value]) {
      const waiting = this.#waiting.get(item as Scalar)
      if (waiting === undefined) continue
      if (waiting.n === 0 || waiting.rows[waiting.n - 1] !== row) this.#add(waiting, row)
    }
  }
}

function append(waiting: Met<unknown>, row: number): void {
  if (waiting.n === waiting.rows.length) {
    const rows = new Uint32Array(waiting.n * 2)
    rows.set(waiting.rows)
    waiting.rows = rows
  }
  waiting.rows[waiting.n++] = row
}
