import { AGGREGATES } from './aggregates.ts'
import type { Cursor } from './cursor.ts'
import { readDuration } from './duration.ts'
import { readMoment } from './moment.ts'
import { nearest } from './nearest.ts'
import { isComparison } from './operators.ts'
import { parseCall } from './parse-call.ts'
import { ExpressionParser } from './parse-expression.ts'
import { printCall, printExpression } from './print-expression.ts'
import { Refusal } from './query-error.ts'
import type { AggregateCall, Assignment, Expression, Field, Query, Range, SortKey, Window } from './tree.ts'
import { isZone } from './zone.ts'

type Draft = { -readonly [key in keyof Query]: Query[key] } & {
  set: Assignment[]
  aggregates: AggregateCall[]
  by: Field[]
  sort: SortKey[]
}

/** The stages in the order they must come; `set` and `where` may come several times. */
const STAGES = ['range', 'filter', 'set', 'aggregates', 'where', 'sort', 'limit'] as const
type Stage = (typeof STAGES)[number]
const SHAPE = '[last 24h |] filter [| set …] [| count() by …] [| where …] [| sort …] [| limit …]'

/** Reads the stages of a query between its `|`. Throws {@link Refusal}. */
export class StageParser {
  readonly #cursor: Cursor
  readonly #positions: Map<object, number>
  readonly #expressions: ExpressionParser
  readonly #draft: Draft = { kind: 'query', set: [], aggregates: [], by: [], sort: [] }

  constructor(cursor: Cursor, positions: Map<object, number>) {
    this.#cursor = cursor
    this.#positions = positions
    this.#expressions = new ExpressionParser(cursor, positions)
  }

  query(): Query {
    const cursor = this.#cursor
    let last = -1
    if (cursor.atEnd) return this.#draft
    do {
      const { position } = cursor.token
      const stage = this.#stage(last)
      const rank = STAGES.indexOf(stage)
      if (rank < last || (rank === last && stage !== 'set' && stage !== 'where'))
        throw misplaced(stage, STAGES[last]!, position)
      last = rank
      this.#read(stage)
      if (!cursor.atEnd && !cursor.isSymbol('|')) this.#leftOver(stage)
    } while (cursor.take('|'))
    return this.#draft
  }

  #stage(last: number): Stage {
    const cursor = this.#cursor
    const { token } = cursor
    const next = cursor.ahead()
    if (token.kind === 'end' || token.text === '|') throw cursor.expected('a stage', `a query is ${SHAPE}`)
    if (token.kind === 'word') {
      const operator = next.kind === 'symbol' && (isComparison(next.text) || next.text === '~' || next.text === '!~')
      if (token.text === 'last' && next.kind === 'word' && readDuration(next.text) !== undefined) return 'range'
      if (token.text === 'between' && !operator && next.kind !== 'end' && next.kind !== 'symbol') return 'range'
      if (isStage(token.text) && !operator && next.text !== 'in' && next.kind !== 'end') return token.text
      if (cursor.isCall() && !['not', 'in', 'has', 'and', 'or'].includes(token.text)) return 'aggregates'
    }
    if (last >= STAGES.indexOf('filter')) this.#noStage()
    return 'filter'
  }

  #noStage(): never {
    const cursor = this.#cursor
    const { text, kind } = cursor.token
    const near = kind === 'word' ? nearest(text, ['set', 'where', 'sort', 'limit']) : undefined
    const bare = kind === 'word' && ['count', 'rate'].includes(text)
    const hint = bare
      ? `write ${text}()`
      : near
        ? `did you mean ${near}?`
        : `join conditions with and; a query is ${SHAPE}`
    throw cursor.expected('set, an aggregate such as count(), where, sort or limit', hint)
  }

  #read(stage: Stage): void {
    const draft = this.#draft
    switch (stage) {
      case 'range':
        draft.range = this.#range()
        break
      case 'filter':
        // `*` alone is every event.
        if (this.#cursor.isSymbol('*')) this.#cursor.advance()
        else draft.filter = this.#expressions.condition('filter')
        break
      case 'set':
        this.#cursor.advance()
        do draft.set.push(this.#assignment())
        while (this.#cursor.take(','))
        break
      case 'aggregates':
        this.#aggregates()
        break
      case 'where': {
        this.#cursor.advance()
        const more = this.#expressions.condition(draft.aggregates.length > 0 ? 'columns' : 'fields')
        draft.where = draft.where === undefined ? more : both(draft.where, more)
        break
      }
      case 'sort':
        this.#cursor.advance()
        this.#cursor.take('by')
        do draft.sort.push(this.#sortKey())
        while (this.#cursor.take(','))
        break
      case 'limit':
        this.#cursor.advance()
        draft.limit = this.#whole('a whole number')
    }
  }

  #leftOver(stage: Stage): never {
    const cursor = this.#cursor
    const { kind, text } = cursor.token
    const before = cursor.ahead(-1).text
    if (text === 'by' && AGGREGATES.has(before)) throw cursor.expected('an operator', `write ${before}()`)
    if (stage !== 'filter' && stage !== 'where') throw cursor.expected('"|" or the end')
    const words = kind === 'word' || kind === 'string' || kind === 'number' || kind === 'prefix'
    throw cursor.expected(
      'and, or, "|" or the end',
      words ? 'join conditions with and; put texts of several words in quotes' : undefined,
    )
  }

  #range(): Range {
    const cursor = this.#cursor
    if (cursor.advance().text === 'last') return { kind: 'last', ms: readDuration(cursor.advance().text)! }
    const from = this.#moment()
    if (!cursor.take('and')) throw cursor.expected('and', 'write between 2026-11-22T10:00Z and 2026-11-22T12:00Z')
    const { position } = cursor.token
    const to = this.#moment()
    if (to <= from) throw new Refusal('the range ends before it begins', position, 'write the earlier time first')
    return { kind: 'between', from, to }
  }

  #moment(): number {
    const cursor = this.#cursor
    const { kind, value } = cursor.token
    const ms = kind === 'number' ? Number(value) : readMoment(value)
    if (ms === undefined)
      throw cursor.expected('a time: ISO 8601 or ms since the epoch', 'for example 2026-11-22T10:00Z')
    cursor.advance()
    return ms
  }

  #assignment(): Assignment {
    const name = this.#name('a name')
    this.#cursor.need('=')
    const assignment: Assignment = { name: name.value, value: this.#expressions.value('fields') }
    this.#positions.set(assignment, name.position)
    return assignment
  }

  #name(expected: string): { value: string; position: number } {
    const cursor = this.#cursor
    if (cursor.token.kind !== 'word' && cursor.token.kind !== 'name') throw cursor.expected(expected)
    return cursor.advance()
  }

  #aggregates(): void {
    const cursor = this.#cursor
    const draft = this.#draft
    do {
      if (!cursor.isCall()) throw cursor.expected('an aggregate such as count()')
      const { position } = cursor.token
      const call = parseCall(this.#expressions)
      const done = cursor.take('as') ? { ...call, name: this.#name('a name').value } : call
      this.#positions.set(done, position)
      draft.aggregates.push(done)
    } while (cursor.take(','))
    if (cursor.take('by')) {
      do this.#key()
      while (cursor.take(','))
    }
    const { position } = cursor.token
    if (!cursor.take('over')) return
    if (draft.window !== undefined)
      throw new Refusal('found both a time bucket and over', position, 'a query has one window')
    draft.window = this.#over()
  }

  #key(): void {
    const cursor = this.#cursor
    const draft = this.#draft
    const { token } = cursor
    const ms = token.kind === 'word' ? readDuration(token.text) : undefined
    if (ms !== undefined) {
      if (draft.window !== undefined) throw cursor.expected('a field', 'a query has one time bucket')
      cursor.advance()
      draft.window = this.#bucket(ms)
      return
    }
    const key = this.#expressions.value('fields')
    const { window } = draft
    if (window?.kind === 'tumbling' && window.at === undefined) draft.window = { ...window, at: draft.by.length }
    draft.by.push(this.#keyField(key, token.position))
  }

  /** A key that is no field is given a name by a `set` of its own. */
  #keyField(key: Expression, position: number): Field {
    const as = this.#cursor.take('as') ? this.#name('a name').value : undefined
    if (key.kind === 'field' && (as === undefined || as === key.name)) return key
    const name = as ?? printExpression(key, 'fields')
    const assignment: Assignment = { name, value: key }
    const field: Field = { kind: 'field', name }
    this.#positions.set(assignment, position)
    this.#positions.set(field, position)
    this.#draft.set.push(assignment)
    return field
  }

  #bucket(ms: number): Window {
    const cursor = this.#cursor
    if (!cursor.take('in')) return { kind: 'tumbling', ms, zone: 'UTC' }
    const { token } = cursor
    if ((token.kind !== 'string' && token.kind !== 'word') || !isZone(token.value)) {
      throw cursor.expected('a time zone', 'write its name in quotes, like "Europe/Berlin"')
    }
    cursor.advance()
    return { kind: 'tumbling', ms, zone: token.value }
  }

  #over(): Window {
    const cursor = this.#cursor
    if (cursor.token.kind === 'number') {
      const events = this.#whole('a number of events')
      if (!cursor.take('events'))
        throw cursor.expected('events', 'write over 100 events, or a duration such as over 5m')
      return { kind: 'count', events }
    }
    const ms = this.#duration()
    return { kind: 'sliding', ms, every: cursor.take('every') ? this.#duration() : paneOf(ms) }
  }

  #duration(): number {
    const { token } = this.#cursor
    const ms = token.kind === 'word' ? readDuration(token.text) : undefined
    if (ms === undefined) throw this.#cursor.expected('a duration', 'write 500ms, 10s, 5m, 1h, 1d or 1w')
    this.#cursor.advance()
    return ms
  }

  #whole(expected: string): number {
    const { token } = this.#cursor
    const value = Number(token.text)
    if (token.kind !== 'number' || !Number.isSafeInteger(value)) throw this.#cursor.expected(expected)
    this.#cursor.advance()
    return value
  }

  #sortKey(): SortKey {
    const cursor = this.#cursor
    const { position } = cursor.token
    const column = cursor.isCall() ? printCall(parseCall(this.#expressions)) : this.#name('a column').value
    const descending = cursor.take('desc')
    if (!descending) cursor.take('asc')
    const key: SortKey = { column, descending }
    this.#positions.set(key, position)
    return key
  }
}

function isStage(word: string): word is 'set' | 'where' | 'sort' | 'limit' {
  return word === 'set' || word === 'where' || word === 'sort' || word === 'limit'
}

function both(a: Expression, b: Expression): Expression {
  const items = (node: Expression): readonly Expression[] => (node.kind === 'and' ? node.items : [node])
  return { kind: 'and', items: [...items(a), ...items(b)] }
}

function misplaced(stage: Stage, after: Stage, position: number): Refusal {
  if (stage === 'aggregates' && after === 'where') {
    return new Refusal(
      'found aggregates after where',
      position,
      'conditions on events stand in the filter, joined with and; where comes after the aggregates',
    )
  }
  if (stage === after)
    return new Refusal(
      `found a second ${stage}`,
      position,
      stage === 'aggregates' ? 'list aggregates with commas' : undefined,
    )
  return new Refusal(`found ${stage} after ${after}`, position, `a query is ${SHAPE}`)
}

/** The longest round pane that divides the window and is no longer than a sixtieth of it (a tenth below 10 s, 1 s below 1 m). */
export function paneOf(ms: number): number {
  const round = ['1d', '6h', '1h', '30m', '10m', '5m', '1m', '30s', '10s', '5s', '1s', '500ms', '100ms', '10ms', '1ms']
  const longest = ms < 10_000 ? ms / 10 : Math.max(ms / 60, 1000)
  return round.map(text => readDuration(text)!).find(pane => ms % pane === 0 && pane <= longest) ?? ms
}
