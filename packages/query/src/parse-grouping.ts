import { readDuration } from './duration.ts'
import { paneOf } from './pane.ts'
import { parseCall } from './parse-call.ts'
import type { ExpressionParser } from './parse-expression.ts'
import { printExpression } from './print-expression.ts'
import { Refusal } from './query-error.ts'
import type { AggregateCall, Assignment, Expression, Field, Query, SortKey, Window } from './tree.ts'
import { isZone } from './zone.ts'

/** A query while it is being read. */
export type Draft = { -readonly [key in keyof Query]: Query[key] } & {
  set: Assignment[]
  aggregates: AggregateCall[]
  by: Field[]
  sort: SortKey[]
}

/** Reads `count(), p99(x) as slow by url, 1m over 5m` into a draft. Throws {@link Refusal}. */
export function parseGrouping(parser: ExpressionParser, draft: Draft): void {
  const { cursor, positions } = parser
  do {
    if (!cursor.isCall()) throw cursor.expected('an aggregate such as count()')
    const { position } = cursor.token
    const call = parseCall(parser)
    const done = cursor.take('as') ? { ...call, name: cursor.name('a name').value } : call
    positions.set(done, position)
    draft.aggregates.push(done)
  } while (cursor.take(','))
  if (cursor.take('by')) {
    do key(parser, draft)
    while (cursor.take(','))
  }
  const { position } = cursor.token
  if (!cursor.take('over')) return
  if (draft.window !== undefined) {
    throw new Refusal('found both a time bucket and over', position, 'a query has one window')
  }
  draft.window = over(parser)
}

function key(parser: ExpressionParser, draft: Draft): void {
  const { cursor } = parser
  const { token } = cursor
  const ms = token.kind === 'word' ? readDuration(token.text) : undefined
  if (ms !== undefined) {
    if (draft.window !== undefined) throw cursor.expected('a field', 'a query has one time bucket')
    cursor.advance()
    draft.window = bucket(parser, ms)
    return
  }
  const value = parser.value('fields')
  const { window } = draft
  if (window?.kind === 'tumbling' && window.at === undefined) draft.window = { ...window, at: draft.by.length }
  draft.by.push(fieldOf(value, token.position, parser, draft))
}

/** A key that is no field is given a name by a `set` of its own. */
function fieldOf(value: Expression, position: number, { cursor, positions }: ExpressionParser, draft: Draft): Field {
  const as = cursor.take('as') ? cursor.name('a name').value : undefined
  if (value.kind === 'field' && (as === undefined || as === value.name)) return value
  const name = as ?? printExpression(value, 'fields')
  const assignment: Assignment = { name, value }
  const field: Field = { kind: 'field', name }
  positions.set(assignment, position)
  positions.set(field, position)
  draft.set.push(assignment)
  return field
}

function bucket({ cursor }: ExpressionParser, ms: number): Window {
  if (!cursor.take('in')) return { kind: 'tumbling', ms, zone: 'UTC' }
  const { kind, value } = cursor.token
  if ((kind !== 'string' && kind !== 'word') || !isZone(value)) {
    throw cursor.expected('a time zone', 'write its name in quotes, like "Europe/Berlin"')
  }
  cursor.advance()
  return { kind: 'tumbling', ms, zone: value }
}

function over({ cursor }: ExpressionParser): Window {
  if (cursor.token.kind === 'number') {
    const events = cursor.whole('a number of events')
    if (!cursor.take('events')) throw cursor.expected('events', 'write over 100 events, or a duration such as over 5m')
    return { kind: 'count', events }
  }
  const ms = cursor.duration()
  return { kind: 'sliding', ms, every: cursor.take('every') ? cursor.duration() : paneOf(ms) }
}
