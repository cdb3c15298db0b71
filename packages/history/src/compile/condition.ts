import {
  ARITHMETIC,
  COMPARISONS,
  type Comparison,
  type Expression,
  type Literal,
  resolve,
  TooMuch,
} from '@telltale/query'
import type { Fields } from '../fields.ts'
import { double, text } from '../literal.ts'
import { textSearch } from './text-search.ts'
import { type ArrayView, pathThere, pathView, type Scalars, TAGS, type View } from './view.ts'

/**
 * A condition as two UInt8 expressions, never NULL: where it holds for sure, and where it may. Between the two lie the
 * rows that only the reference can decide. Where nothing is in doubt, both are the same string.
 */
export interface Condition {
  readonly sure: string
  readonly possible: string
}

const NEVER: Condition = { sure: '0', possible: '0' }
const ALWAYS: Condition = { sure: '1', possible: '1' }

export function condition(node: Expression, fields: Fields): Condition {
  const found = conditionOf(node, fields)
  fits(found.sure, found.possible)
  return found
}

/** Characters of SQL; the engine takes 262,144 of a whole query. */
const LONGEST = 200_000

/** Must be asked at every level: an expression is written several times in the one around it, so its length may double. */
function fits(...sql: (string | undefined)[]): void {
  for (const text of sql)
    if (text !== undefined && text.length > LONGEST)
      throw new TooMuch('this query is too long for the history', 'use fewer values and operators, or name less by set')
}

function conditionOf(node: Expression, fields: Fields): Condition {
  switch (node.kind) {
    case 'and':
      return joined(
        node.items.map(item => condition(item, fields)),
        'AND',
        ALWAYS,
      )
    case 'or':
      return joined(
        node.items.map(item => condition(item, fields)),
        'OR',
        NEVER,
      )
    case 'not': {
      const { sure, possible } = condition(node.item, fields)
      const inverse = `NOT (${possible})`
      return { sure: inverse, possible: sure === possible ? inverse : `NOT (${sure})` }
    }
    case 'compare':
      return compares(view(node.left, fields), node.op, view(node.right, fields))
    case 'in':
      return isIn(view(node.left, fields), node.values)
    case 'glob':
      return matches(view(node.left, fields), string => `${string} LIKE ${text(like(node.pattern))}`)
    case 'regex':
      // ClickHouse lets a dot match line breaks unless told otherwise.
      return matches(view(node.left, fields), string => `match(${string}, ${text(`(?-s)${node.pattern}`)})`)
    case 'text':
      return textSearch(node.text)
    case 'tag':
      return certain(`has(tags, ${text(node.tag)})`)
    case 'has':
      return certain(there(node.field.name, fields))
    case 'literal':
      return node.value === true ? ALWAYS : NEVER
    case 'field':
    case 'arithmetic': {
      const { boolean } = view(node, fields)
      return boolean === undefined ? NEVER : certain(`ifNull(${boolean}, 0)`)
    }
  }
}

/** What SQL knows of an expression's value. */
export function view(node: Expression, fields: Fields): View {
  const found = viewOf(node, fields)
  fits(found.number, found.boolean, found.doubt)
  return found
}

/** From so many characters on a calculation is written once and looked at by a lambda, which takes longer. */
const LONG = 500

function viewOf(node: Expression, fields: Fields): View {
  switch (node.kind) {
    case 'literal':
      if (typeof node.value === 'number') return { number: double(node.value) }
      if (typeof node.value === 'string') return { string: text(node.value) }
      return node.value === null ? {} : { boolean: node.value ? '1' : '0' }
    case 'field':
      return fieldView(node.name, fields)
    case 'arithmetic': {
      const [left, right] = [view(node.left, fields), view(node.right, fields)]
      if (left.number === undefined || right.number === undefined) return {}
      const result = `${ARITHMETIC[node.op].sql}(${left.number}, ${right.number})`
      const number =
        result.length < LONG
          ? `if(isFinite(${result}), ${result}, NULL)`
          : `arrayMap(n -> if(isFinite(n), n, NULL), [${result}])[1]`
      const own = node.op === '%' ? remainderDoubts(node.left, left.number, node.right, right.number) : []
      const inexact = [left.inexact, right.inexact, ...own].filter(one => one !== undefined).join(' OR ')
      return inexact === '' ? { number } : { number, inexact, doubt: inexact, opaque: inexact }
    }
    default: {
      const { sure, possible } = condition(node, fields)
      return sure === possible
        ? { boolean: `(${sure})` }
        : { boolean: `(${sure})`, doubt: doubtOf(sure, possible), opaque: doubtOf(sure, possible) }
    }
  }
}

function doubtOf(sure: string, possible: string): string {
  return `((${possible}) AND NOT (${sure}))`
}

/** The engine takes the remainder by a quotient that it rounds: only of whole numbers below 2^53 is it that of JavaScript. */
function remainderDoubts(left: Expression, a: string, right: Expression, b: string): string[] {
  const isWhole = ({ kind, ...literal }: Expression): boolean =>
    kind === 'literal' && 'value' in literal && Number.isSafeInteger(literal.value)
  return [...(isWhole(left) ? [] : [a]), ...(isWhole(right) ? [] : [b])].map(
    number => `ifNull(NOT (abs(${number}) < 9007199254740992 AND ${number} = trunc(${number})), 0)`,
  )
}

function fieldView(field: string, fields: Fields): View {
  const place = resolve(field)
  if (place.kind === 'info') return {}
  if (place.kind === 'path') return pathView(place.name, fields.types(place.name))
  switch (place.type) {
    case 'strings':
      return TAGS
    case 'number':
      return { number: `toFloat64(${place.key})` }
    case 'time':
      return { number: `(toUnixTimestamp64Micro(${place.key}) / 1000)` }
    default:
      return { string: place.key }
  }
}

function there(field: string, fields: Fields): string {
  const place = resolve(field)
  if (place.kind === 'top') return '1'
  if (place.kind === 'info') return 'notEmpty(JSONAllPaths(additional_info))'
  const below = fields.below(place.name)
  const itself = pathThere(place.name, fields.types(place.name))
  if (below === undefined || below.length > 50)
    return `(${itself} OR arrayExists(path -> startsWith(path, ${text(`${place.name}.`)}), JSONAllPaths(additional_info)))`
  return `(${[itself, ...below.map(path => pathThere(path, fields.types(path)))].join(' OR ')})`
}

/** Each type with its like; booleans are only equal or not. Arrays match where an element does. */
function compares(left: View, op: Comparison, right: View): Condition {
  const parts = [...pairs(left, op, right)]
  const inside = ({ sql, item }: ArrayView, name: string, others: (element: Scalars) => string[]): void => {
    const found = others(item(name))
    if (found.length > 0) parts.push(`arrayExists(${name} -> ${found.join(' OR ')}, ${sql})`)
  }
  for (const array of left.arrays ?? []) inside(array, 'l', element => pairs(element, op, right))
  for (const array of right.arrays ?? []) {
    inside(array, 'r', element => [
      ...pairs(left, op, element),
      ...(left.arrays ?? []).flatMap(({ sql, item }) => {
        const found = pairs(item('l'), op, element)
        return found.length === 0 ? [] : [`arrayExists(l -> ${found.join(' OR ')}, ${sql})`]
      }),
    ])
  }
  return doubtful(parts, [left.doubt, right.doubt])
}

function pairs(left: Scalars, op: Comparison, right: Scalars): string[] {
  const { sql, ordered } = COMPARISONS[op]
  const pair = (a: string | undefined, b: string | undefined): string[] =>
    a === undefined || b === undefined ? [] : [`ifNull(${a} ${sql} ${b}, 0)`]
  return [
    ...pair(left.number, right.number),
    ...pair(left.string, right.string),
    ...(ordered ? [] : pair(left.boolean, right.boolean)),
  ]
}

/** As `=` with each, but by one look-up for each type, however many there are. */
function isIn(left: View, values: readonly Literal[]): Condition {
  const all = new Set(values.map(({ value }) => value))
  const numbers = [...all].filter(value => typeof value === 'number').map(member)
  const strings = [...all].filter(value => typeof value === 'string').map(text)
  const tests = ({ number, string, boolean }: Scalars): string[] => [
    // Adding 0 turns −0 into 0.
    ...(number === undefined || numbers.length === 0 ? [] : [`ifNull((${number} + 0.) IN (${numbers.join(', ')}), 0)`]),
    ...(string === undefined || strings.length === 0 ? [] : [`ifNull(${string} IN (${strings.join(', ')}), 0)`]),
    ...(boolean === undefined
      ? []
      : [true, false].flatMap(value => (all.has(value) ? [`ifNull(${boolean} = ${value ? 1 : 0}, 0)`] : []))),
  ]
  const parts = tests(left)
  for (const { sql, item } of left.arrays ?? []) {
    const found = tests(item('l'))
    if (found.length > 0) parts.push(`arrayExists(l -> ${found.join(' OR ')}, ${sql})`)
  }
  return doubtful(parts, [left.doubt])
}

/** A number in a list, shorter than {@link double} where the engine's own reading of it is exact. */
function member(value: number): string {
  return Math.abs(value) < Number.MAX_SAFE_INTEGER ? `${value === 0 ? 0 : value}` : double(value)
}

function matches(value: View, test: (string: string) => string): Condition {
  const parts = value.string === undefined ? [] : [`ifNull(${test(value.string)}, 0)`]
  for (const { sql, item } of value.arrays ?? []) {
    const { string } = item('e')
    if (string !== undefined) parts.push(`arrayExists(e -> ifNull(${test(string)}, 0), ${sql})`)
  }
  return doubtful(parts, [value.doubt])
}

function doubtful(parts: string[], doubts: (string | undefined)[]): Condition {
  const doubt = doubts.filter(one => one !== undefined).join(' OR ')
  const holds = parts.length === 0 ? '0' : parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`
  if (doubt === '') return certain(holds)
  return { sure: `(${holds} AND NOT (${doubt}))`, possible: `(${holds} OR ${doubt})` }
}

function certain(sql: string): Condition {
  return { sure: sql, possible: sql }
}

function joined(parts: Condition[], word: 'AND' | 'OR', none: Condition): Condition {
  if (parts.length === 0) return none
  if (parts.length === 1) return parts[0]!
  const sure = `(${parts.map(part => part.sure).join(` ${word} `)})`
  const possible = `(${parts.map(part => part.possible).join(` ${word} `)})`
  return { sure, possible }
}

/** A glob as a LIKE pattern. */
function like(glob: string): string {
  return glob
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_')
}
