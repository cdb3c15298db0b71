import type { Cursor } from './cursor.ts'
import { ARITHMETIC, BINDING, isArithmetic, RESERVED } from './operators.ts'
import { parseCall } from './parse-call.ts'
import { printCall } from './print-expression.ts'
import { quoted, Refusal } from './query-error.ts'
import type { Arithmetic, Expression, Field, Literal } from './tree.ts'

/** Levels of parentheses, `not` and minus signs, and links of a chain like a + b + c. */
export const DEPTH = 64
const CHAIN = 200

/**
 * What a bare word that stands alone means: in a `filter` a text to search, among `fields` (set, arguments, keys) a
 * field, among `columns` (where, sort) a column of the result, which may be written as the call that made it.
 */
export type Mode = 'filter' | 'fields' | 'columns'

/** Reads what stands between operators that make conditions: fields, values, calculations. Throws {@link Refusal}. */
export abstract class OperandParser {
  readonly cursor: Cursor
  /** Where nodes stood in the text, for the checks that come later. */
  readonly positions: Map<object, number>
  #depth = 0
  protected readonly bare: Set<Expression> = new Set<Expression>()

  constructor(cursor: Cursor, positions: Map<object, number>) {
    this.cursor = cursor
    this.positions = positions
  }

  /** An expression that holds or not. */
  abstract condition(mode: Mode): Expression

  /** An expression of any kind. */
  abstract value(mode: Mode): Expression

  protected nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH) {
      throw new Refusal(`found more than ${DEPTH} levels of nesting`, this.cursor.token.position, 'write it flatter')
    }
    const result = read()
    this.#depth--
    return result
  }

  /** The right of a comparison: a bare word is a string there. */
  protected right(mode: Mode): Expression {
    const { token } = this.cursor
    if (token.kind === 'word' && (token.text === 'null' || token.text === 'nil')) {
      throw new Refusal(
        `found "${token.text}", expected a value`,
        token.position,
        'null counts as missing: write not has x',
      )
    }
    const right = this.operand(mode)
    return right.kind === 'field' && this.bare.has(right) ? literal(right.name) : right
  }

  protected literal(): Literal {
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
      throw new Refusal(`the number ${quoted(text)} is beyond what a double holds`, position)
    return { kind: 'literal', value: Number(written), text: written }
  }

  protected operand(mode: Mode): Expression {
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
      left = this.at({ kind: 'arithmetic', op: text as Arithmetic, left, right: item() }, position)
    }
  }

  #unary(mode: Mode): Expression {
    if (!this.cursor.isSymbol('-')) return this.#primary(mode)
    const { position } = this.cursor.advance()
    if (this.cursor.token.kind === 'number') return this.#number(true)
    const right = this.nested(() => this.#unary(mode))
    return this.at({ kind: 'arithmetic', op: '-', left: { kind: 'literal', value: 0, text: '0' }, right }, position)
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
        return this.at({ kind: 'field', name: token.value }, token.position)
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
    return this.at(prefix === 'tag' ? { kind: 'tag', tag: value } : { kind: 'text', text: value }, position)
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
      return this.at({ kind: 'field', name: printCall(parseCall(this)) }, position)
    }
    cursor.advance()
    const field = this.at<Field>({ kind: 'field', name: text }, position)
    this.bare.add(field)
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
    return this.at({ kind: 'has', field: this.at({ kind: 'field', name: token.value }, token.position) }, position)
  }

  protected at<T extends Expression>(node: T, position: number): T {
    this.positions.set(node, position)
    return node
  }
}

function literal(value: string): Literal {
  return { kind: 'literal', value, text: value }
}

export function wordLiteral(text: string): Literal {
  return text === 'true' || text === 'false' ? { kind: 'literal', value: text === 'true', text } : literal(text)
}

/** Whether `has` before this token is no operator but a word by itself. */
function isEnd({ kind, text }: { kind: string; text: string }): boolean {
  if (kind === 'name' || text === '(') return false
  return kind !== 'word' || (RESERVED.has(text) && ['and', 'or', 'in', 'not', 'by', 'as'].includes(text))
}
