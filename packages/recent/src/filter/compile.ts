import {
  type Comparison,
  type Expression,
  type Field,
  type Literal,
  ofEvent,
  predicate,
  resolve,
} from '@telltale/query'
import type { Cells } from '../cells.ts'
import { columnsOf, overlap } from '../columns.ts'
import { EVENTS } from '../event-steps.ts'
import type { Scratch } from '../scratch.ts'
import { anywhere } from './anywhere.ts'
import { comparison } from './comparison.ts'
import { and, type Condition, not, or } from './condition.ts'
import { EVERY_NUMBER, type Interval, intervalsOf } from './interval.ts'
import { narrowBy, type ValueTest } from './narrow.ts'
import { ofValue } from './of-value.ts'

/** Makes a condition of a filter. What has no faster way is asked of the law, event by event. */
export function compile(expression: Expression, scratch: Scratch): Condition {
  const ofOne = (side: Expression, numbers: readonly Interval[]): Condition =>
    side.kind === 'field' ? ofField(side, expression, numbers, scratch) : eventByEvent(expression)
  switch (expression.kind) {
    case 'and':
      return and(byCost(expression.items).map(item => compile(item, scratch)))
    case 'or':
      return or(expression.items.map(item => compile(item, scratch)))
    case 'not':
      return not(compile(expression.item, scratch))
    case 'text':
      return anywhere(expression, scratch)
    case 'tag':
      return ofOne({ kind: 'field', name: 'tags' }, [])
    case 'has':
      return ofOne(expression.field, EVERY_NUMBER)
    case 'glob':
    case 'regex':
      return ofOne(expression.left, [])
    case 'in':
      return ofOne(
        expression.left,
        expression.values.flatMap(value => numbersOf('=', value)),
      )
    case 'compare': {
      const { left, op, right } = expression
      if (right.kind === 'literal' && left.kind !== 'arithmetic') return ofOne(left, numbersOf(op, right))
      if (left.kind === 'literal' && right.kind !== 'arithmetic') return ofOne(right, numbersOf(TURNED[op], left))
      return comparison(expression, scratch) ?? eventByEvent(expression)
    }
    default:
      return eventByEvent(expression)
  }
}

const TURNED: Record<Comparison, Comparison> = { '=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

function numbersOf(op: Comparison, { value }: Literal): readonly Interval[] {
  return typeof value === 'number' ? intervalsOf(op, value) : []
}

/** A condition on one field: its columns are asked, value by distinct value. */
function ofField(field: Field, expression: Expression, numbers: readonly Interval[], scratch: Scratch): Condition {
  const place = resolve(field.name)
  const slow = eventByEvent(expression)
  if (place.kind === 'info') return slow
  const by: ValueTest = { test: ofValue(expression, field.name), numbers, ...shortcut(expression) }
  if (expression.kind === 'has' && place.kind === 'path') {
    return chunk => {
      const columns = chunk.under(place.name)
      return overlap(columns, chunk.length) ? slow(chunk) : anyOf(columns, by, scratch)(chunk)
    }
  }
  return chunk => {
    const columns = columnsOf(chunk, field.name)
    return columns === undefined ? slow(chunk) : anyOf(columns, by, scratch)(chunk)
  }
}

function anyOf(columns: readonly Cells[], by: ValueTest, scratch: Scratch): Condition {
  return or(columns.map(cells => () => narrowBy(cells, by, scratch)))
}

/** What is known of the strings for which a condition holds. */
function shortcut(expression: Expression): Pick<ValueTest, 'equal' | 'strings' | 'contains'> {
  if (expression.kind === 'has') return { strings: true }
  const strings = ({ value }: Literal): Buffer[] => (typeof value === 'string' ? utf8(value) : [])
  if (expression.kind === 'in') return { equal: expression.values.flatMap(strings) }
  if (expression.kind === 'compare' && expression.op === '=') {
    return { equal: strings((expression.right.kind === 'literal' ? expression.right : expression.left) as Literal) }
  }
  const inner = expression.kind === 'glob' ? /^\*([^*?]+)\*$/su.exec(expression.pattern)?.[1] : undefined
  const [contains] = inner === undefined ? [] : utf8(inner)
  return contains === undefined ? {} : { contains }
}

/** The text's bytes; none where it has half a surrogate pair, which no text of an event has. */
function utf8(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  return bytes.toString() === text ? [bytes] : []
}

function eventByEvent(expression: Expression): Condition {
  const matches = predicate(expression, ofEvent)
  // biome-ignore lint/correctness/useYield: nothing to do before a mask is there
  return function* (chunk) {
    return function* (mask) {
      let made = 0
      for (let row = 0; row < mask.length; row++) {
        if (mask[row] === 0) continue
        if (!matches(chunk.event(row))) mask[row] = 0
        if (++made % EVENTS === 0) yield
      }
    }
  }
}

const COST: Partial<Record<Expression['kind'], number>> = { compare: 0, tag: 0, in: 0, has: 1, glob: 2, or: 3, not: 3 }

/** The cheap first, so that the dear see fewer rows. */
function byCost(items: readonly Expression[]): Expression[] {
  const cost = ({ kind }: Expression): number => COST[kind] ?? 4
  return items.toSorted((a, b) => cost(a) - cost(b))
}
