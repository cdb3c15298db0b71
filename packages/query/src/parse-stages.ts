import { AGGREGATES } from './aggregates.ts'
import type { Cursor } from './cursor.ts'
import { readDuration } from './duration.ts'
import { nearest } from './nearest.ts'
import { isComparison } from './operators.ts'
import { parseCall } from './parse-call.ts'
import { ExpressionParser } from './parse-expression.ts'
import { type Draft, parseGrouping } from './parse-grouping.ts'
import { parseRange } from './parse-range.ts'
import { printCall } from './print-expression.ts'
import { Refusal } from './query-error.ts'
import type { Assignment, Expression, Query, SortKey } from './tree.ts'

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
        draft.range = parseRange(this.#cursor)
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
        parseGrouping(this.#expressions, draft)
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
        draft.limit = this.#cursor.whole('a whole number')
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

  #assignment(): Assignment {
    const name = this.#cursor.name('a name')
    this.#cursor.need('=')
    const assignment: Assignment = { name: name.value, value: this.#expressions.value('fields') }
    this.#positions.set(assignment, name.position)
    return assignment
  }

  #sortKey(): SortKey {
    const cursor = this.#cursor
    const { position } = cursor.token
    const column = cursor.isCall() ? printCall(parseCall(this.#expressions)) : this.#cursor.name('a column').value
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
