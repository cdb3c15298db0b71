import { type Batch, type Column, type Json, NULL } from '@telltale/event'
import {
  type Expression,
  type Field,
  ofEvent,
  plan,
  predicate,
  type Query,
  resolve,
  type Source,
  type Value,
} from '@telltale/query'

/** Finds the rows of a batch that a query's filter matches, in rising order. */
export type Selector = (batch: Batch) => Uint32Array

/** Keeps, in a mask of one byte a row, the rows that pass. */
type Sieve = (batch: Batch, mask: Uint8Array) => void

/**
 * Compiles a query's filter for batches: conditions on one field are asked once per distinct value, not once per event;
 * the few others event by event.
 */
export function selector(query: Query): Selector {
  const { condition } = plan(query)
  const sieve = condition === undefined ? () => {} : compile(condition)
  return batch => {
    const mask = new Uint8Array(batch.length).fill(1)
    sieve(batch, mask)
    const rows = new Uint32Array(batch.length)
    let n = 0
    for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows[n++] = row
    return rows.subarray(0, n)
  }
}

function compile(node: Expression): Sieve {
  switch (node.kind) {
    case 'and': {
      const sieves = node.items.map(compile)
      return (batch, mask) => {
        for (const sieve of sieves) sieve(batch, mask)
      }
    }
    case 'or':
      return union(node.items.map(compile))
    case 'not': {
      const sieve = compile(node.item)
      return (batch, mask) => {
        const passed = mask.slice()
        sieve(batch, passed)
        for (let row = 0; row < mask.length; row++) if (passed[row] === 1) mask[row] = 0
      }
    }
    default: {
      const field = fieldOf(node)
      return field === undefined ? eventByEvent(node) : valueByValue(node, field)
    }
  }
}

function union(sieves: readonly Sieve[]): Sieve {
  return (batch, mask) => {
    const any = new Uint8Array(mask.length)
    for (const sieve of sieves) {
      const passed = mask.slice()
      sieve(batch, passed)
      for (let row = 0; row < mask.length; row++) any[row] = any[row]! | passed[row]!
    }
    mask.set(any)
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

function valueByValue(node: Expression, field: Field): Sieve {
  const place = resolve(field.name)
  const test = predicate(node, ofValue)
  if (place.kind === 'path') {
    const slow = eventByEvent(node)
    return (batch, mask) => {
      const columns = batch.named(place.name)
      if (columns.length > 1) slow(batch, mask)
      else if (columns.length === 0) mask.fill(0)
      else keepCells(batch, columns[0]!, test, mask)
    }
  }
  if (place.kind === 'top')
    switch (place.key) {
      case 'type':
      case 'hostname':
      case 'md5':
      case 'tags': {
        const { key } = place
        return (batch, mask) => keepCodes(batch, batch[key], test, mask)
      }
    }
  return eventByEvent(node)
}

function eventByEvent(node: Expression): Sieve {
  const matches = predicate(node, ofEvent)
  return (batch, mask) => {
    for (let row = 0; row < mask.length; row++) if (mask[row] === 1 && !matches(batch.event(row))) mask[row] = 0
  }
}

const UNKNOWN = 0
const PASSES = 1
const FAILS = 2

/** Remembers for each code of a dictionary whether its value passes. */
function remember(batch: Batch, test: (value: Value) => boolean): (code: number) => boolean {
  const known = new Uint8Array(batch.dictionary.size)
  return code => {
    if (known[code] === UNKNOWN) known[code] = test(asValue(batch.dictionary.value(code))) ? PASSES : FAILS
    return known[code] === PASSES
  }
}

/** Null, `{}` and whatever is no value are missing. */
function asValue(json: Json): Value {
  return typeof json === 'object' && !Array.isArray(json) ? null : json
}

function keepCodes(batch: Batch, codes: Uint32Array, test: (value: Value) => boolean, mask: Uint8Array): void {
  const passes = remember(batch, test)
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1 && !passes(codes[row]!)) mask[row] = 0
}

function keepCells(batch: Batch, column: Column, test: (value: Value) => boolean, mask: Uint8Array): void {
  const { count, rows, codes, numbers } = column
  const passes = remember(batch, test)
  let row = 0
  for (let i = 0; i < count; i++) {
    while (row < rows[i]!) mask[row++] = 0
    if (mask[row] === 1) {
      const number = numbers === undefined ? Number.NaN : numbers[i]!
      const code = codes[i]!
      const kept = number === number ? test(number) : code !== NULL && passes(code)
      if (!kept) mask[row] = 0
    }
    row++
  }
  while (row < mask.length) mask[row++] = 0
}
