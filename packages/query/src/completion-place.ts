import type { Param } from './aggregate.ts'
import { AGGREGATES } from './aggregates.ts'
import { readDuration } from './duration.ts'
import type { Token } from './lexer.ts'
import { isArithmetic, isComparison } from './operators.ts'

/** What may be written at a place of a query. */
export type Slot =
  /** A field, a value or a condition; `start`: of the whole query. */
  | { readonly kind: 'operand'; readonly start?: boolean; readonly columns?: boolean; readonly numbers?: boolean }
  /** After a field that stands alone so far. */
  | { readonly kind: 'operator'; readonly field: string; readonly closes: boolean }
  | { readonly kind: 'value'; readonly field: string }
  | { readonly kind: 'field' | 'column' | 'tag' | 'key' | 'aggregate' | 'stage' | 'duration' | 'nothing' }
  /** These words, and what may follow any finished stage where `bar` says so. */
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly bar: boolean }

const NOTHING: Slot = { kind: 'nothing' }

function words(bar: boolean, ...list: string[]): Slot {
  return { kind: 'words', words: list, bar }
}

/** What may come after these tokens, which are all of the query before the place but its end. */
export function slotAfter(tokens: readonly Token[]): Slot {
  const bar = tokens.findLastIndex(token => is(token, '|'))
  const stage = tokens.slice(bar + 1)
  const [first, second] = stage
  if (first === undefined) return bar < 0 ? { kind: 'operand', start: true } : { kind: 'stage' }
  switch (first.kind === 'word' && !isOperator(second) ? first.text : '') {
    case 'last':
      return stage.length === 1 ? { kind: 'duration' } : words(true)
    case 'between':
      return stage.length === 2 ? words(false, 'and') : stage.length === 4 ? words(true) : NOTHING
    case 'set':
      return assignment(stage.slice(1))
    case 'where':
      return condition(stage.slice(1), true)
    case 'sort':
      return sort(stage.slice(1))
    case 'limit':
      return stage.length === 1 ? NOTHING : words(true)
  }
  if (first.kind === 'word' && second !== undefined && is(second, '(') && AGGREGATES.has(first.text))
    return grouping(stage)
  return condition(stage, false)
}

function sort(after: readonly Token[]): Slot {
  const last = after.at(-1)
  if (last === undefined || is(last, ',') || (is(last, 'by') && after.length === 1)) return { kind: 'column' }
  return is(last, 'desc') || is(last, 'asc') ? words(true, ',') : words(true, 'desc', ',')
}

function assignment(after: readonly Token[]): Slot {
  const own = after.slice(after.findLastIndex((token, i) => is(token, ',') && depthAt(after, i) === 0) + 1)
  if (own.length === 0) return NOTHING
  if (own.length === 1) return words(false, '=')
  return condition(own.slice(2), false, true)
}

/** Aggregates, their keys and window. */
function grouping(stage: readonly Token[]): Slot {
  const open = openCall(stage)
  if (open !== undefined) return argument(stage, open)
  const by = stage.findIndex((token, i) => is(token, 'by') && depthAt(stage, i) === 0)
  const over = stage.findIndex((token, i) => is(token, 'over') && depthAt(stage, i) === 0)
  const last = stage.at(-1)!
  if (is(last, 'as')) return NOTHING
  if (over >= 0) {
    const after = stage.slice(over + 1)
    if (after.length === 0 || is(last, 'every')) return { kind: 'duration' }
    if (after.length === 1 && last.kind === 'number') return words(false, 'events')
    return after.length === 1 ? words(true, 'every') : words(true)
  }
  if (by < 0) return is(last, ',') ? { kind: 'aggregate' } : words(true, 'by', 'as', 'over', ',')
  const after = stage.slice(by + 1)
  const comma = after.findLastIndex((token, i) => is(token, ',') && depthAt(after, i) === 0)
  const key = after.slice(comma + 1)
  if (key.length === 0) return { kind: 'key' }
  const step = key.length === 1 ? readDuration(last.text) : undefined
  if (step !== undefined) return words(true, ...(step % 86_400_000 === 0 ? ['in'] : []), ',')
  if (is(last, 'in') || readDuration(key[0]!.text) !== undefined) return is(last, 'in') ? NOTHING : words(true, ',')
  const inside = condition(key, false, true)
  return inside.kind === 'operator' || inside.kind === 'words' ? words(true, ',', 'as', 'over') : inside
}

interface OpenCall {
  readonly fn: string
  /** Where its arguments begin. */
  readonly at: number
  readonly argument: number
}

/** The call whose parenthesis is not closed, if there is one. */
function openCall(tokens: readonly Token[]): OpenCall | undefined {
  const open: { fn: string; at: number; argument: number }[] = []
  tokens.forEach((token, i) => {
    if (is(token, '(')) open.push({ fn: tokens[i - 1]?.text ?? '', at: i + 1, argument: 0 })
    else if (is(token, ')')) open.pop()
    else if (is(token, ',') && open.length > 0) open.at(-1)!.argument++
  })
  return open.find(({ fn }) => AGGREGATES.has(fn))
}

function argument(stage: readonly Token[], { fn, at, argument: index }: OpenCall): Slot {
  const param: Param | undefined = AGGREGATES.get(fn)!.params[index]
  if (param === undefined) return words(false, ')')
  if (param.kind === 'constant') return NOTHING
  if (param.kind === 'duration')
    return is(stage.at(-1)!, '(') || is(stage.at(-1)!, ',') ? { kind: 'duration' } : words(false, ')')
  const own = stage.slice(at)
  const more = AGGREGATES.get(fn)!.params.length > index + 1
  if (own.length === 0) return { kind: 'operand', numbers: param.kind === 'number' }
  const inside = condition(own, false, true)
  if (param.kind === 'condition') return inside.kind === 'words' ? words(false, ...inside.words, ')') : inside
  return inside.kind === 'operator' || inside.kind === 'words' ? words(false, ...(more ? [','] : []), ')') : inside
}

/**
 * Inside a condition.
 * @param columns its names are columns of the result
 * @param fields a bare word in it is a field, not a text to look for
 */
function condition(tokens: readonly Token[], columns: boolean, fields = columns): Slot {
  const last = tokens.at(-1)
  const before = tokens.at(-2)
  if (last === undefined) return { kind: 'operand', columns }
  if (last.kind === 'prefix') return last.value === 'tag' ? { kind: 'tag' } : NOTHING
  if (last.kind === 'symbol') {
    const list = listOf(tokens)
    if (list !== undefined) return { kind: 'value', field: list }
    if (isComparison(last.text)) return { kind: 'value', field: nameOf(before) }
    if (is(last, '~') || is(last, '!~')) return NOTHING
    if (isArithmetic(last.text)) return { kind: 'operand', columns, numbers: true }
    return is(last, ')') ? words(true, 'and', 'or') : { kind: 'operand', columns }
  }
  if (is(last, 'has')) return { kind: columns ? 'column' : 'field' }
  if (is(last, 'in') && before !== undefined) return words(false, '(')
  if (is(last, 'and') || is(last, 'or') || is(last, 'not')) return { kind: 'operand', columns }
  if (listOf(tokens) !== undefined) return words(false, ',', ')')
  const named = last.kind === 'name' || last.kind === 'word'
  const compared = before !== undefined && (isOperator(before) || before.kind === 'prefix' || is(before, 'has'))
  if (named && !compared) return { kind: 'operator', field: nameOf(last), closes: !fields }
  return words(true, 'and', 'or')
}

/** The field whose list of values is open: `type in (a, `. */
function listOf(tokens: readonly Token[]): string | undefined {
  const open = tokens.findLastIndex(token => is(token, '(') || is(token, ')'))
  if (open < 2 || !is(tokens[open]!, '(') || !is(tokens[open - 1]!, 'in')) return undefined
  const at = is(tokens[open - 2]!, 'not') ? open - 3 : open - 2
  return nameOf(tokens[at])
}

function nameOf(token: Token | undefined): string {
  return token?.kind === 'name' || token?.kind === 'word' ? token.value : ''
}

function isOperator(token: Token | undefined): boolean {
  return token?.kind === 'symbol' && (isComparison(token.text) || token.text === '~' || token.text === '!~')
}

function is({ kind, text }: Token, what: string): boolean {
  return text === what && (kind === 'symbol' || kind === 'word')
}

function depthAt(tokens: readonly Token[], end: number): number {
  return tokens.slice(0, end).reduce((depth, token) => depth + (is(token, '(') ? 1 : is(token, ')') ? -1 : 0), 0)
}
