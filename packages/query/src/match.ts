import type { Event, Json } from '@telltale/event'
import { fold } from './fold.ts'
import { worked } from './limits.ts'
import { resolve } from './names.ts'
import { ARITHMETIC, COMPARISONS } from './operators.ts'
import { compareText } from './order.ts'
import { globTest, regexTest } from './pattern.ts'
import type { Comparison, Expression } from './tree.ts'

/** What an expression is for one item: null where it is missing. An array stands for itself: comparisons ask its elements. */
export type Value = string | number | boolean | null | readonly Json[]

/** Where the fields of an expression are found: in an event, in a row of a result … */
export interface Source<T> {
  field(name: string): (item: T) => Value
  has(name: string): (item: T) => boolean
  /** Every text a bare word is looked for in. */
  texts(item: T): Iterable<string>
  tags(item: T): readonly string[]
}

/** Compiles a condition. Slow and obvious: one closure per node. */
export function predicate<T>(node: Expression, source: Source<T>): (item: T) => boolean {
  const value = valuer(node, source)
  return item => value(item) === true
}

/** Compiles an expression to what gives its value for an item; conditions give true or false. */
export function valuer<T>(node: Expression, source: Source<T>): (item: T) => Value {
  switch (node.kind) {
    case 'literal':
      return () => node.value
    case 'field':
      return source.field(node.name)
    case 'has':
      return source.has(node.field.name)
    case 'compare': {
      const left = valuer(node.left, source)
      const right = valuer(node.right, source)
      return item => some(left(item), a => some(right(item), b => compares(a, node.op, b)))
    }
    case 'in': {
      const left = valuer(node.left, source)
      const many = node.values.length >> 6
      return item => {
        worked(many)
        return some(left(item), a => node.values.some(({ value }) => compares(a, '=', value)))
      }
    }
    case 'glob':
    case 'regex': {
      const left = valuer(node.left, source)
      const test = node.kind === 'glob' ? globTest(node.pattern) : regexTest(node.pattern)
      return item => some(left(item), a => typeof a === 'string' && test(a))
    }
    case 'text': {
      const needle = fold(node.text)
      return item => {
        for (const text of source.texts(item)) if (fold(text).includes(needle)) return true
        return false
      }
    }
    case 'tag':
      return item => source.tags(item).includes(node.tag)
    case 'and': {
      const items = node.items.map(part => predicate(part, source))
      return item => items.every(holds => holds(item))
    }
    case 'or': {
      const items = node.items.map(part => predicate(part, source))
      return item => items.some(holds => holds(item))
    }
    case 'not': {
      const holds = predicate(node.item, source)
      return item => !holds(item)
    }
    case 'arithmetic': {
      const left = valuer(node.left, source)
      const right = valuer(node.right, source)
      const { apply } = ARITHMETIC[node.op]
      return item => {
        const a = left(item)
        const b = right(item)
        const result = typeof a === 'number' && typeof b === 'number' ? apply(a, b) : Number.NaN
        return Number.isFinite(result) ? result : null
      }
    }
  }
}

/** Whether a value, or any element of an array, passes. Arrays and objects inside arrays do not. */
function some(value: Value, test: (scalar: Json) => boolean): boolean {
  return Array.isArray(value) ? value.some(element => test(element)) : test(value as Json)
}

/** The comparison of two scalars: false where one is missing or their types differ. */
export function compares(a: Json, op: Comparison, b: Json): boolean {
  const { holds, ordered } = COMPARISONS[op]
  if (typeof a === 'number' && typeof b === 'number') return holds(a === b ? 0 : a < b ? -1 : 1)
  if (typeof a === 'string' && typeof b === 'string') return holds(compareText(a, b))
  return typeof a === 'boolean' && typeof b === 'boolean' && !ordered && holds(a === b ? 0 : 1)
}

/** Plain events as the source of fields. */
export const ofEvent: Source<Event> = {
  field(name) {
    const place = resolve(name)
    if (place.kind === 'info') return () => null
    if (place.kind === 'top') return event => event[place.key] ?? null
    return event => {
      worked(2)
      for (const [path, value] of leaves(event.additional_info)) if (path === place.name) return value
      return null
    }
  },
  has(name) {
    const place = resolve(name)
    if (place.kind === 'top') return event => (event[place.key] ?? null) !== null
    return event => {
      worked(2)
      for (const [path] of leaves(event.additional_info)) {
        if (place.kind === 'info' || path === place.name || path.startsWith(`${place.name}.`)) return true
      }
      return false
    }
  },
  texts: textsOf,
  tags: event => event.tags,
}

/** The values in an object that are there (no null, no empty object), with their keys joined by dots, in its order. */
export function* leaves(
  object: { readonly [key: string]: Json },
  prefix = '',
): Generator<[string, string | number | boolean | Json[]]> {
  for (const [key, value] of Object.entries(object)) {
    if (value === null) continue
    if (typeof value === 'object' && !Array.isArray(value)) yield* leaves(value, `${prefix}${key}.`)
    else yield [prefix + key, value]
  }
}

function* textsOf({ type, hostname, md5, tags, additional_info }: Event): Generator<string> {
  worked(2)
  yield type
  yield hostname
  yield md5
  yield* tags
  yield* texts(additional_info)
}

/** Keys and scalars at any depth. A key that leads to nothing but nulls is not there. */
export function* texts(value: Json): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* texts(item)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (!isThere(inner)) continue
      yield key
      yield* texts(inner)
    }
  } else if (value !== null) yield typeof value === 'string' ? value : JSON.stringify(value)
}

function isThere(value: Json): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value !== null
  return Object.values(value).some(isThere)
}
