import { isComparison } from './operators.ts'
import { type Mode, OperandParser, wordLiteral } from './parse-operand.ts'
import { quoted, Refusal } from './query-error.ts'
import { Programs } from './size.ts'
import type { Expression, Literal } from './tree.ts'

/** Reads expressions. Throws {@link Refusal}. */
export class ExpressionParser extends OperandParser {
  readonly #programs = new Programs()

  override condition(mode: Mode): Expression {
    const { position } = this.cursor.token
    return this.#asCondition(this.value(mode), mode, position)
  }

  override value(mode: Mode): Expression {
    return this.nested(() => this.#list('or', mode, () => this.#list('and', mode, () => this.#not(mode))))
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
    return this.at({ kind, items }, position)
  }

  #not(mode: Mode): Expression {
    if (!this.cursor.isWord('not')) return this.#predicate(mode)
    this.cursor.advance()
    const { position } = this.cursor.token
    const item = this.nested(() => this.#not(mode))
    return this.at({ kind: 'not', item: this.#asCondition(item, mode, position) }, position)
  }

  #predicate(mode: Mode): Expression {
    const { cursor } = this
    const { position } = cursor.token
    const left = this.operand(mode)
    const { text, kind } = cursor.token
    if (kind === 'symbol' && isComparison(text)) {
      cursor.advance()
      const right = this.right(mode)
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
      return this.at({ kind: 'compare', op: text, left, right }, position)
    }
    if (cursor.isWord('not') && cursor.ahead().text === 'in') {
      cursor.advance()
      return this.at({ kind: 'not', item: this.#in(left, position) }, position)
    }
    if (cursor.isWord('in')) return this.#in(left, position)
    if (cursor.take('~')) return this.#match(left, position)
    if (cursor.take('!~')) return this.at({ kind: 'not', item: this.#match(left, position) }, position)
    return left
  }

  #in(left: Expression, position: number): Expression {
    const { cursor } = this
    cursor.advance()
    cursor.need('(', 'write in (a, b)')
    const values: Literal[] = []
    do values.push(this.literal())
    while (cursor.take(','))
    cursor.need(')')
    return this.at({ kind: 'in', left, values }, position)
  }

  #match(left: Expression, position: number): Expression {
    const token = this.cursor.advance()
    if (token.kind === 'regex') {
      this.#programs.add(token.value, token.position)
      return this.at({ kind: 'regex', left, pattern: token.value }, position)
    }
    if (token.kind === 'glob' || token.kind === 'string')
      return this.at({ kind: 'glob', left, pattern: token.value }, position)
    throw new Refusal(`found the end, expected a glob or a /regular expression/`, token.position)
  }

  #asCondition(node: Expression, mode: Mode, position: number): Expression {
    switch (node.kind) {
      case 'field':
        if (mode === 'filter' && this.bare.has(node)) return this.at({ kind: 'text', text: node.name }, position)
        return this.at({ kind: 'compare', op: '=', left: node, right: wordLiteral('true') }, position)
      case 'literal':
        if (mode === 'filter') return this.at({ kind: 'text', text: node.text }, position)
        throw new Refusal(
          `found the value ${quoted(node.text)}, expected a condition`,
          position,
          'compare it with a field',
        )
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
}
