import type { Cursor } from './cursor.ts'
import { ARITHMETIC, BINDING, isArithmetic, isComparison, RESERVED } from './operators.ts'
import { parseCall } from './parse-call.ts'
import { regexProblem } from './pattern.ts'
import { printCall } from './print-expression.ts'
import { Refusal } from './query-error.ts'
import type { Arithmetic, Expression, Field, Literal } from './tree.ts'

/** Levels of parentheses, `not` and minus signs, and links of a chain like a + b + c. */
export const DEPTH = 64
const CHAIN = 200

/**
 * What a bare word that stands alone means: in a `filter` a text to search, among `fields` (set, arguments, keys) a
 * field, among `columns` (where, sort) a column of the result, which may be written as the call that made it.
 */
export type Mode = 'filter' | 'fields' | 'columns'

/** Reads expressions. Throws {@link Refusal}. */
export class ExpressionParser {
  readonly cursor: Cursor
  /** Where nodes stood in the text, for the checks that come later. */
  readonly positions: Map<object, number>
  #depth = 0
  readonly #bare = new Set<Expression>()

  constructor(cursor: Cursor, positions: Map<object, number>) {
    this.cursor = cursor
    this.positions = positions
  }

  /** An expression that holds or not. */
  condition(mode: Mode): Expression {
    const { position } = this.cursor.token
    return this.#asCondition(this.value(mode), mode, position)
  }

  /** An expression of any kind. */
  value(mode: Mode): Expression {
    return this.#nested(() => this.#list('or', mode, () => this.#list('and', mode, () => this.#not(mode))))
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH) {
      throw new Refusal(`found more than ${DEPTH} levels of nesting`, this.cursor.token.position, 'write it flatter')
    }
    const result = read()
    this.#depth--
    return result
  }

  #list(kind: 'and' | 'or', mode: Mode, item: () => Expression): Expression {
    let { position } = this.cursor.token
    const first = item()
    if (!this.cursor.isWord(kind)) return first
    const items: Expression[] = []
    const add = (node: Expression): void => {
      const condition = this.#asCondition(node, mode, position)
      if (condition.kind === kind) items.push(...condition.items)
      else items.push(condition)
    }
    add(first)
    while (this.cursor.take(kind)) {
      position = this.cursor.token.position
      add(item())
    }
    return this.#at({ kind, items }, position)
  }

  #not(mode: Mode): Expression {
    if (!this.cursor.isWord('not')) return this.#predicate(mode)
    this.cursor.advance()
    const { position } = this.cursor.token
    const item = this.#nested(() => this.#not(mode))
    return this.#at({ kind: 'not', item: this.#asCondition(item, mode, position) }, position)
  }

  #predicate(mode: Mode): Expression {
    const { cursor } = this
    const { position } = cursor.token
    const left = this.#operand(mode)
    const { text, kind } = cursor.token
    if (kind === 'symbol' && isComparison(text)) {
      cursor.advance()
      const right = this.#right(mode)
      if (cursor.token.kind === 'symbol' && isComparison(cursor.token.text)) {
        throw cursor.expected('and, or, | or the end', 'comparisons do not chain: write a < x and x < b')
      }
      if (left.kind === 'literal' && right.kind === 'literal') {
        throw new Refusal(
          'found two fixed values compared, expected a field',
          position,
          'a field name stands on the left; odd names go in backticks',
        )
      }
      return this.#at({ kind: 'compare', op: text, left, right }, position)
    }
    if (cursor.isWord('not') && cursor.ahead().text === 'in') {
      cursor.advance()
      return this.#at({ kind: 'not', item: this.#in(left, position) }, position)
    }
    if (cursor.isWord('in')) return this.#in(left, position)
    if (cursor.take('~')) return this.#match(left, position)
    if (cursor.take('!~')) return this.#at({ kind: 'not', item: this.#match(left, position) }, position)
    return left
  }

  #in(left: Expression, position: number): Expression {
    const { cursor } = this
    cursor.advance()
    cursor.need('(', 'write in (a, b)')
    const values: Literal[] = []
    do values.push(this.#literal())
    while (cursor.take(','))
    cursor.need(')')
    return this.#at({ kind: 'in', left, values }, position)
  }

  #match(left: Expression, position: number): Expression {
    const token = this.cursor.advance()
    if (token.kind === 'regex') {
      const problem = regexProblem(token.value)
      if (problem !== undefined) throw new Refusal(`the regular expression is not RE2: ${problem}`, token.position)
      return this.#at({ kind: 'regex', left, pattern: token.value }, position)
    }
    if (token.kind === 'glob' || token.kind === 'string')
      return this.#at({ kind: 'glob', left, pattern: token.value }, position)
    throw new Refusal(`found the end, expected a glob or a /regular expression/`, token.position)
  }

  /** The right of a comparison: a bare word is a string there. */
  #right(mode: Mode): Expression {
    const { token } = this.cursor
    if (token.kind === 'word' && (token.text === 'null' || token.text === 'nil')) {
      throw new Refusal(
        `found "${token.text}", expected a value`,
        token.position,
        'null counts as missing: write not has x',
      )
    }
    const right = this.#operand(mode)
    return right.kind === 'field' && this.#bare.has(right) ? literal(right.name) : right
  }

  #literal(): Literal {
    const { cursor } = this
    const minus = cursor.take('-')
    const { token } = cursor
    if (token.kind === 'number') return this.#number(minus)
    if (minus || (token.kind !== 'word' && token.kind !== 'string')) throw cursor.expected('a value')
    if (token.kind === 'word' && token.text === 'null')
      throw cursor.expected('a value', 'null counts as missing: write not has x')
    cursor.advance()
    return token.kind === 'word' ? wordLiteral(token.value) : literal(token.value)
  }

  #number(minus: boolean): Literal {
    const { text, position } = this.cursor.advance()
    const written = minus ? `-${text}` : text
    if (!Number.isFinite(Number(written)))
      throw new Refusal(`the number ${text} is beyond what a double holds`, position)
    return { kind: 'literal', value: Number(written), text: written }
  }

  #operand(mode: Mode): Expression {
    return this.#chain(BINDING.sum, () => this.#chain(BINDING.product, () => this.#unary(mode)))
  }

  #chain(binding: number, item: () => Expression): Expression {
    let left = item()
    for (let links = 0; ; links++) {
      const { text, kind, position } = this.cursor.token
      if (kind !== 'symbol' || !isArithmetic(text) || ARITHMETIC[text].binding !== binding) return left
      if (links === CHAIN)
        throw new Refusal(`found more than ${CHAIN} operators in a row`, position, 'use set to name a part')
      this.cursor.advance()
      left = this.#at({ kind: 'arithmetic', op: text as Arithmetic, left, right: item() }, position)
    }
  }

  #unary(mode: Mode): Expression {
    if (!this.cursor.isSymbol('-')) return this.#primary(mode)
    const { position } = this.cursor.advance()
    if (this.cursor.token.kind === 'number') return this.#number(true)
    const right = this.#nested(() => this.#unary(mode))
    return this.#at({ kind: 'arithmetic', op: '-', left: { kind: 'literal', value: 0, text: '0' }, right }, position)
  }

  #primary(mode: Mode): Expression {
    const { cursor } = this
    const { token } = cursor
    switch (token.kind) {
      case 'number':
        return this.#number(false)
      case 'string':
        cursor.advance()
        return literal(token.value)
      case 'name':
        cursor.advance()
        return this.#at({ kind: 'field', name: token.value }, token.position)
      case 'prefix':
        return this.#prefixed()
      case 'word':
        return this.#word(mode)
      default: {
        if (!cursor.take('(')) throw cursor.expected('a field, a value or a condition')
        const inner = this.value(mode)
        cursor.need(')')
        return inner
      }
    }
  }

  #prefixed(): Expression {
    const { value: prefix, position } = this.cursor.advance()
    const { token } = this.cursor
    if (token.kind !== 'word' && token.kind !== 'string' && token.kind !== 'number')
      throw this.cursor.expected(`a word after ${prefix}:`)
    const { value } = this.cursor.advance()
    return this.#at(prefix === 'tag' ? { kind: 'tag', tag: value } : { kind: 'text', text: value }, position)
  }

  #word(mode: Mode): Expression {
    const { cursor } = this
    const { token } = cursor
    const { text, position } = token
    if (text === 'has' && !isEnd(cursor.ahead())) return this.#has()
    if (text === 'true' || text === 'false') {
      cursor.advance()
      return wordLiteral(text)
    }
    if (text === 'and' || text === 'or' || text === 'in' || text === 'by' || text === 'as') {
      throw cursor.expected(
        'a field, a value or a condition',
        `a field named ${text} goes in backticks, a text in quotes`,
      )
    }
    if (cursor.isCall()) {
      if (mode !== 'columns') {
        throw new Refusal(
          `found the call ${text}(…), expected a field or a value`,
          position,
          'aggregates come after a |, as in: filter | count() by type',
        )
      }
      return this.#at({ kind: 'field', name: printCall(parseCall(this)) }, position)
    }
    cursor.advance()
    const field = this.#at<Field>({ kind: 'field', name: text }, position)
    this.#bare.add(field)
    return field
  }

  #has(): Expression {
    const { cursor } = this
    const { position } = cursor.advance()
    const parens = cursor.take('(')
    const { token } = cursor
    if (token.kind !== 'word' && token.kind !== 'name') throw cursor.expected('a field name')
    cursor.advance()
    if (parens) cursor.need(')')
    return this.#at({ kind: 'has', field: this.#at({ kind: 'field', name: token.value }, token.position) }, position)
  }

  #asCondition(node: Expression, mode: Mode, position: number): Expression {
    switch (node.kind) {
      case 'field':
        if (mode === 'filter' && this.#bare.has(node)) return this.#at({ kind: 'text', text: node.name }, position)
        return this.#at({ kind: 'compare', op: '=', left: node, right: wordLiteral('true') }, position)
      case 'literal':
        if (mode === 'filter') return this.#at({ kind: 'text', text: node.text }, position)
        throw new Refusal(`found the value ${node.text}, expected a condition`, position, 'compare it with a field')
      case 'arithmetic':
        throw new Refusal(
          'found a calculation, expected a condition',
          position,
          'compare it with something, as in a + b > 1',
        )
      default:
        return node
    }
  }

  #at<T extends Expression>(node: T, position: number): T {
    this.positions.set(node, position)
    return node
  }
}

function literal(value: string): Literal {
  return { kind: 'literal', value, text: value }
}

function wordLiteral(text: string): Literal {
  return text === 'true' || text === 'false' ? { kind: 'literal', value: text === 'true', text } : literal(text)
}

/** Whether `has` before this token is no operator but a word by itself. */
function isEnd({ kind, text }: { kind: string; text: string }): boolean {
  if (kind === 'name' || text === '(') return false
  return kind !== 'word' || (RESERVED.has(text) && ['and', 'or', 'in', 'not', 'by', 'as'].includes(text))
}
