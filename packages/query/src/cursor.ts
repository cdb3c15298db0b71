import { readDuration } from './duration.ts'
import type { Token } from './lexer.ts'
import { quoted, Refusal } from './query-error.ts'

/** A place in the tokens of a query, and the ways to move on from it. */
export class Cursor {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get token(): Token {
    return this.#tokens[this.#at]!
  }

  get atEnd(): boolean {
    return this.token.kind === 'end'
  }

  /** The token `n` further on. */
  ahead(n = 1): Token {
    return this.#tokens[Math.min(this.#at + n, this.#tokens.length - 1)]!
  }

  advance(): Token {
    const token = this.token
    if (token.kind !== 'end') this.#at++
    return token
  }

  isSymbol(text: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === text
  }

  isWord(text: string): boolean {
    return this.token.kind === 'word' && this.token.text === text
  }

  /** Moves over a symbol or word, if it is next. */
  take(text: string): boolean {
    const found = this.isSymbol(text) || this.isWord(text)
    if (found) this.#at++
    return found
  }

  need(symbol: string, hint?: string): void {
    if (!this.take(symbol)) throw this.expected(`"${symbol}"`, hint)
  }

  /** Whether a word is directly followed by an opening parenthesis, as in a call. */
  isCall(): boolean {
    const { token } = this
    const after = this.ahead()
    return token.kind === 'word' && after.text === '(' && after.position === token.position + token.text.length
  }

  /** For throwing: what is next, and what should be. */
  expected(expected: string, hint?: string): Refusal {
    const { kind, text, position } = this.token
    return new Refusal(`found ${kind === 'end' ? 'the end' : quoted(text)}, expected ${expected}`, position, hint)
  }

  /** Moves over a name, bare or in backticks. */
  name(expected: string): Token {
    if (this.token.kind !== 'word' && this.token.kind !== 'name') throw this.expected(expected)
    return this.advance()
  }

  /** Moves over a whole number. */
  whole(expected: string): number {
    const value = Number(this.token.text)
    if (this.token.kind !== 'number' || !Number.isSafeInteger(value)) throw this.expected(expected)
    this.advance()
    return value
  }

  /** Moves over a duration, given back in ms. */
  duration(): number {
    const ms = this.token.kind === 'word' ? readDuration(this.token.text) : undefined
    if (ms === undefined) throw this.expected('a duration', 'write 500ms, 10s, 5m, 1h, 1d or 1w')
    this.advance()
    return ms
  }
}
