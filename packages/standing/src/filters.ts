import { type Column, FIRST_TEXT, NUMBER } from '@telltale/event'
import { type Expression, resolve, type Scalar, type Value, valuer } from '@telltale/query'
import { type BatchRows, everyRow, type Sieve, sieve } from '@telltale/query/batch'

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

/** A part of a condition that holds only where a field has one of these values. */
interface Equality {
  readonly field: string
  readonly values: readonly Scalar[]
  /** The condition without it. */
  readonly others: Expression | undefined
}

/**
 * The filters of all standing queries. Equal ones are evaluated once per batch. Those that want a field to equal
 * something are found by the values that occur in the batch: a filter whose value does not occur costs nothing.
 */
export class Filters {
  readonly #rows: BatchRows
  readonly #filters: Map<string, Filter> = new Map()
  /** Those in no index. */
  readonly #loose: Set<Filter> = new Set()
  readonly #indexes: Map<string, Index> = new Map()
  #room: Uint32Array = new Uint32Array(64)
  #every: Uint32Array = everyRow(64)

  constructor(rows: BatchRows) {
    this.#rows = rows
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

  #look(index: Index): void {
    const several: Filter[] = []
    const found = index.find()
    for (let at = 0; at < found.length; at++) {
      const { rows, n, filters } = found[at]!
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
      if (index === undefined) this.#indexes.set(at.field, (index = new Index(at.field, this.#rows)))
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

const INDEXED = new Set(['type', 'hostname', 'md5', 'tags'])

function equalitiesOf(condition: Expression): Equality[] {
  if (condition.kind !== 'and') return equality(condition, undefined)
  return condition.items.flatMap((item, i) => {
    const items = condition.items.toSpliced(i, 1)
    return equality(item, items.length === 1 ? items[0] : { kind: 'and', items })
  })
}

function equality(node: Expression, others: Expression | undefined): Equality[] {
  if (node.kind === 'tag') return [{ field: 'tags', values: [node.tag], others }]
  const [field, values] =
    node.kind === 'in'
      ? [node.left, node.values.map(({ value }) => value)]
      : node.kind !== 'compare' || node.op !== '='
        ? [undefined, []]
        : node.right.kind === 'literal'
          ? [node.left, [node.right.value]]
          : node.left.kind === 'literal'
            ? [node.right, [node.left.value]]
            : [undefined, []]
  if (field?.kind !== 'field' || values.some(value => value === null)) return []
  const place = resolve(field.name)
  if (place.kind === 'info' || (place.kind === 'top' && !INDEXED.has(place.key))) return []
  return [{ field: place.kind === 'top' ? place.key : `.${place.name}`, values: [...new Set(values)], others }]
}

/** The filters that wait for one value, and the rows of this batch that have it. */
interface Waiting {
  readonly value: Scalar
  readonly filters: Filter[]
  rows: Uint32Array
  n: number
}

const UNKNOWN = 0
const NOBODY = -1
const ARRAY = -2

/** Finds, for one field, who waits for the values a batch has. */
class Index {
  readonly #rows: BatchRows
  readonly #key: 'type' | 'hostname' | 'md5' | 'tags' | undefined
  readonly #columns: () => readonly Column[]
  readonly #value: (row: number) => Value
  readonly #waiting: Map<Scalar, Waiting> = new Map()
  /** For each code of the dictionary its place in {@link #met} plus one, or one of the constants. */
  #codes: Int32Array = new Int32Array(64)
  /** Those whose value occurs in the batch. */
  readonly #met: Waiting[] = []

  /** @param field a top-level key, or a dot and the name of a path */
  constructor(field: string, rows: BatchRows) {
    this.#rows = rows
    const isPath = field.startsWith('.')
    this.#key = isPath ? undefined : (field as 'type')
    const name = isPath ? field.slice(1) : field
    this.#columns = rows.columns(column => column.path.name === name)
    this.#value = valuer({ kind: 'field', name: isPath ? `additional_info.${name}` : name }, rows)
  }

  get size(): number {
    return this.#waiting.size
  }

  crowd(value: Scalar): number {
    return this.#waiting.get(value)?.filters.length ?? 0
  }

  add(value: Scalar, filter: Filter): void {
    const known = this.#waiting.get(value)
    if (known !== undefined) known.filters.push(filter)
    else this.#waiting.set(value, { value, filters: [filter], rows: new Uint32Array(4), n: 0 })
  }

  remove(value: Scalar, filter: Filter): void {
    const { filters } = this.#waiting.get(value)!
    drop(filters, filter)
    if (filters.length === 0) this.#waiting.delete(value)
  }

  /** Those who wait for a value that occurs, with the rows that have it. Good until the next call. */
  find(): readonly Waiting[] {
    const met = this.#met
    for (let i = 0; i < met.length; i++) met[i]!.n = 0
    met.length = 0
    const { batch } = this.#rows
    const { size } = batch.dictionary
    if (this.#codes.length < size) this.#codes = new Int32Array(size * 2)
    else this.#codes.fill(UNKNOWN, 0, size)
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
    let at = this.#codes[code]!
    if (at === UNKNOWN) at = this.#codes[code] = this.#lookUp(code)
    if (at > 0) append(this.#met[at - 1]!, row)
    else if (at === ARRAY) this.#meetValue(this.#rows.batch.dictionary.value(code) as Value, row)
  }

  /** A code's entry in {@link #codes}. */
  #lookUp(code: number): number {
    if (code === NUMBER) return NOBODY
    const { dictionary } = this.#rows.batch
    if (code >= FIRST_TEXT && dictionary.json[code] === 1) return Array.isArray(dictionary.value(code)) ? ARRAY : NOBODY
    const waiting = this.#waiting.get(dictionary.value(code) as Scalar)
    if (waiting === undefined) return NOBODY
    const before = waiting.n === 0 ? -1 : this.#met.indexOf(waiting)
    return before >= 0 ? before + 1 : this.#met.push(waiting)
  }

  #meetValue(value: Value, row: number): void {
    for (const item of Array.isArray(value) ? value : [value]) {
      const waiting = this.#waiting.get(item as Scalar)
      if (waiting === undefined) continue
      if (waiting.n === 0) this.#met.push(waiting)
      else if (waiting.rows[waiting.n - 1] === row) continue
      append(waiting, row)
    }
  }
}

/** Takes one out of a list. @returns whether it was in it */
function drop<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
  return at >= 0
}

function append(waiting: Waiting, row: number): void {
  if (waiting.n === waiting.rows.length) {
    const rows = new Uint32Array(waiting.n * 2)
    rows.set(waiting.rows)
    waiting.rows = rows
  }
  waiting.rows[waiting.n++] = row
}
