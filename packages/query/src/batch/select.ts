import type { Batch, Column, Path } from '@telltale/event'
import { fold } from '../fold.ts'
import { predicate, type Source, texts, type Value } from '../match.ts'
import { resolve } from '../names.ts'
import { plan } from '../plan.ts'
import type { Expression, Field, Query } from '../tree.ts'
import { numberTest } from './number-test.ts'
import { asValue, BatchRows } from './rows.ts'

/** Finds the rows of a batch that a query's filter matches, in rising order. */
export type Selector = (batch: Batch) => Uint32Array

/**
 * Keeps, of the first n rows of a list, those that pass, in their order, at the list's start. The rows are of the batch
 * its source is turned to, and rising.
 * @returns how many
 */
export type Sieve = (rows: Uint32Array, n: number) => number

/** Compiles a query's filter for batches. */
export function selector(query: Query): Selector {
  const { condition } = plan(query)
  const source = new BatchRows()
  const keep = condition === undefined ? undefined : sieve(condition, source)
  return batch => {
    const rows = everyRow(batch.length)
    if (keep === undefined) return rows
    source.turn(batch)
    return rows.subarray(0, keep(rows, batch.length))
  }
}

/** The list of all rows. */
export function everyRow(length: number): Uint32Array {
  const rows = new Uint32Array(length)
  for (let row = 0; row < length; row++) rows[row] = row
  return rows
}

/**
 * Compiles a condition: on one field it is asked once per distinct value, not once per event; so is a search for text;
 * the few others row by row.
 */
export function sieve(node: Expression, source: BatchRows): Sieve {
  switch (node.kind) {
    case 'and': {
      const sieves = node.items.map(item => sieve(item, source))
      return (rows, n) => {
        let left = n
        for (const keep of sieves) if (left > 0) left = keep(rows, left)
        return left
      }
    }
    case 'or':
      return union(
        node.items.map(item => sieve(item, source)),
        source,
      )
    case 'not':
      return complement(sieve(node.item, source), source)
    case 'text':
      return searching(node.text, source)
    default: {
      const field = fieldOf(node)
      return field === undefined ? rowByRow(node, source) : valueByValue(node, field, source)
    }
  }
}

/** A flag a row, all down between uses. */
class Marks {
  #flags: Uint8Array = new Uint8Array(64)

  for(batch: Batch): Uint8Array {
    if (this.#flags.length < batch.length) this.#flags = new Uint8Array(batch.length * 2)
    return this.#flags
  }
}

/** Keeps the rows that are flagged as wanted, and lowers the flags. */
function keepFlagged(flags: Uint8Array, wanted: 0 | 1, rows: Uint32Array, n: number): number {
  let kept = 0
  for (let i = 0; i < n; i++) {
    const row = rows[i]!
    if (flags[row] === wanted) rows[kept++] = row
    flags[row] = 0
  }
  return kept
}

function union(sieves: readonly Sieve[], source: BatchRows): Sieve {
  const marks = new Marks()
  return (rows, n) => {
    const flags = marks.for(source.batch)
    const tried = new Uint32Array(n)
    for (const keep of sieves) {
      let left = 0
      for (let i = 0; i < n; i++) if (flags[rows[i]!] === 0) tried[left++] = rows[i]!
      const passed = keep(tried, left)
      for (let i = 0; i < passed; i++) flags[tried[i]!] = 1
    }
    return keepFlagged(flags, 1, rows, n)
  }
}

function complement(keep: Sieve, source: BatchRows): Sieve {
  const marks = new Marks()
  return (rows, n) => {
    const tried = rows.slice(0, n)
    const passed = keep(tried, n)
    const flags = marks.for(source.batch)
    for (let i = 0; i < passed; i++) flags[tried[i]!] = 1
    return keepFlagged(flags, 0, rows, n)
  }
}

/** The one field a condition looks at, with nothing else but constants; undefined where it is not like that. */
function fieldOf(node: Expression): Field | undefined {
  switch (node.kind) {
    case 'compare':
      if (node.left.kind === 'field' && node.right.kind === 'literal') return node.left
      return node.right.kind === 'field' && node.left.kind === 'literal' ? node.right : undefined
    case 'in':
    case 'glob':
    case 'regex':
      return node.left.kind === 'field' ? node.left : undefined
    case 'tag':
      return { kind: 'field', name: 'tags' }
    default:
      return undefined
  }
}

/** Fields whose value is the item itself. */
const ofValue: Source<Value> = {
  field: () => value => value,
  has: () => value => value !== null,
  texts: () => [],
  tags: value => value as readonly string[],
}

function valueByValue(node: Expression, field: Field, source: BatchRows): Sieve {
  const place = resolve(field.name)
  const test = predicate(node, ofValue)
  if (place.kind === 'info') return () => 0
  if (place.kind === 'path') {
    const slow = rowByRow(node, source)
    const columns = source.named(place.name)
    const known = new Known(source, test)
    const ofNumber = numberTest(node)
    return (rows, n) => {
      const found = columns()
      if (found.length === 0) return 0
      return found.length === 1 ? keepCells(found[0]!, known, ofNumber, rows, n) : slow(rows, n)
    }
  }
  switch (place.key) {
    case 'type':
    case 'hostname':
    case 'md5':
    case 'tags': {
      const { key } = place
      const known = new Known(source, test)
      return (rows, n) => {
        const codes = source.batch[key]
        let kept = 0
        for (let i = 0; i < n; i++) if (known.passes(codes[rows[i]!]!)) rows[kept++] = rows[i]!
        return kept
      }
    }
    default:
      return rowByRow(node, source)
  }
}

function rowByRow(node: Expression, source: BatchRows): Sieve {
  const matches = predicate(node, source)
  return (rows, n) => {
    let kept = 0
    for (let i = 0; i < n; i++) if (matches(rows[i]!)) rows[kept++] = rows[i]!
    return kept
  }
}

const UNKNOWN = 0
const PASSES = 1
const FAILS = 2

/** Remembers for each code of the batch's dictionary whether its value passes. */
class Known {
  readonly #source: BatchRows
  readonly #test: (value: Value) => boolean
  #verdicts: Uint8Array = new Uint8Array(64)
  #turn = -1

  constructor(source: BatchRows, test: (value: Value) => boolean) {
    this.#source = source
    this.#test = test
  }

  passes(code: number): boolean {
    if (this.#turn !== this.#source.turns) this.#begin()
    const verdicts = this.#verdicts
    if (verdicts[code] === UNKNOWN)
      verdicts[code] = this.#test(asValue(this.#source.batch.dictionary.value(code))) ? PASSES : FAILS
    return verdicts[code] === PASSES
  }

  #begin(): void {
    this.#turn = this.#source.turns
    const { size } = this.#source.batch.dictionary
    if (this.#verdicts.length < size) this.#verdicts = new Uint8Array(size * 2)
    else this.#verdicts.fill(UNKNOWN, 0, size)
  }
}

/** A list this much shorter than its column looks each row up; others are gone through side by side. */
const SPARSE = 16

function keepCells(
  column: Column,
  known: Known,
  test: (value: number) => boolean,
  rows: Uint32Array,
  n: number,
): number {
  const { count, rows: cells, codes, numbers } = column
  const search = n * SPARSE < count
  let kept = 0
  let cell = 0
  for (let i = 0; i < n; i++) {
    const row = rows[i]!
    if (search) cell = column.at(row)
    else while (cell < count && cells[cell]! < row) cell++
    if (cell < 0 || cell >= count || cells[cell] !== row) continue
    const number = numbers === undefined ? Number.NaN : numbers[cell]!
    if (number === number ? test(number) : known.passes(codes[cell]!)) rows[kept++] = row
  }
  return kept
}

/** A search for text anywhere in the event, regardless of case. */
function searching(text: string, source: BatchRows): Sieve {
  const needle = fold(text)
  const holds = (value: Value): boolean => {
    for (const found of texts(value as never)) if (fold(found).includes(needle)) return true
    return false
  }
  const known = new Known(source, holds)
  const keys = new WeakMap<Path, boolean>()
  const isNamed = (path: Path): boolean => {
    let named = keys.get(path)
    if (named === undefined) {
      named = path.keys.some(key => fold(key).includes(needle))
      keys.set(path, named)
    }
    return named
  }
  const passes = (row: number): boolean => {
    const { batch } = source
    if (known.passes(batch.type[row]!) || known.passes(batch.hostname[row]!)) return true
    if (known.passes(batch.md5[row]!) || known.passes(batch.tags[row]!)) return true
    for (const path of batch.shape(row).paths) {
      const column = batch.column(path)
      const cell = column === undefined ? -1 : column.at(row)
      if (cell < 0) continue
      const number = column!.numbers?.[cell]
      if (number !== undefined && number === number) {
        if (isNamed(path) || holds(number)) return true
      } else if (isNamed(path) && asValue(batch.dictionary.value(column!.codes[cell]!)) !== null) return true
      else if (known.passes(column!.codes[cell]!)) return true
    }
    return false
  }
  return (rows, n) => {
    let kept = 0
    for (let i = 0; i < n; i++) if (passes(rows[i]!)) rows[kept++] = rows[i]!
    return kept
  }
}
