import { escapeInto } from './escape.ts'
import type { Bounds } from './event.ts'
import { CLOSE, CLOSE_ARRAY, COLON, COMMA, Fault, isNumber, type Lexer, OPEN, OPEN_ARRAY, QUOTE } from './lexer.ts'
import { viewOf } from './words.ts'

/**
 * Copies any JSON value from the lexer's bytes in its shortest form: no white space, strings well-formed and escaped as
 * JSON.stringify does, numbers as they were written. Keeps count of what an event may not have too much of.
 */
export class Compactor {
  /** The value copied last: out[0..length). */
  out: Buffer = Buffer.allocUnsafeSlow(1024)
  length = 0
  /** Keys of the event so far. */
  keys = 0
  /** Set where an object may have a key twice (by hash: equal keys always set it, others hardly ever). */
  repeated = false
  /** Set where a number is beyond what a double holds. */
  beyond = false
  readonly #lexer: Lexer
  readonly #bounds: Bounds
  /** Which kind of closing byte each open container waits for, and where its keys' hashes begin. */
  readonly #closes: number[] = []
  readonly #bases: number[] = []
  readonly #hashes: number[] = []

  constructor(lexer: Lexer, bounds: Bounds) {
    this.#lexer = lexer
    this.#bounds = bounds
  }

  /** Forgets the last event. */
  reset(): void {
    this.keys = 0
    this.repeated = false
    this.beyond = false
  }

  /** Counts one key of the event. */
  count(at: number): void {
    if (++this.keys > this.#bounds.keys) throw new Fault(at, `more than ${this.#bounds.keys} keys`, 'bound')
  }

  /** Whether so many more keys are allowed, and containers down to this depth. */
  allows(keys: number, depth: number): boolean {
    return this.keys + keys <= this.#bounds.keys && depth <= this.#bounds.depth
  }

  /** A container at this depth must be allowed. The event itself has depth 1. */
  descend(at: number, depth: number): void {
    if (depth > this.#bounds.depth) throw new Fault(at, `nested deeper than ${this.#bounds.depth} levels`, 'bound')
  }

  /** Copies the value at i; a container there would have this depth. */
  copy(i: number, depth: number): number {
    const lexer = this.#lexer
    const { bytes } = lexer
    const closes = this.#closes
    closes.length = 0
    this.#bases.length = 0
    this.#hashes.length = 0
    this.length = 0
    for (;;) {
      const b = bytes[i]!
      if (b === OPEN || b === OPEN_ARRAY) {
        this.descend(i, depth + closes.length)
        this.#put(b)
        const close = b === OPEN ? CLOSE : CLOSE_ARRAY
        closes.push(close)
        this.#bases.push(this.#hashes.length)
        i = lexer.space(i + 1)
        if (bytes[i] !== close) {
          if (close === CLOSE) i = this.#key(i)
          continue
        }
      } else i = this.#scalar(i, b)
      // After a value: close what closes, or go on to the next.
      for (;;) {
        if (closes.length === 0) return i
        i = lexer.space(i)
        const close = closes[closes.length - 1]!
        if (bytes[i] === close) {
          this.#put(close)
          closes.pop()
          this.#hashes.length = this.#bases.pop()!
          i++
        } else if (bytes[i] === COMMA) {
          this.#put(COMMA)
          i = lexer.space(i + 1)
          if (close === CLOSE) i = this.#key(i)
          break
        } else throw new Fault(i, `"," or "${String.fromCharCode(close)}"`)
      }
    }
  }

  #scalar(i: number, b: number): number {
    const lexer = this.#lexer
    if (b === QUOTE) {
      const end = lexer.string(i + 1)
      this.#string(i, end)
      return end
    }
    if (isNumber(b)) {
      const end = lexer.number(i)
      if (!Number.isFinite(lexer.value)) this.beyond = true
      this.#copy(i, end)
      return end
    }
    const end = lexer.literal(i)
    this.#copy(i, end)
    return end
  }

  #key(i: number): number {
    const lexer = this.#lexer
    if (lexer.bytes[i] !== QUOTE) throw new Fault(i, 'a key in double quotes')
    this.count(i)
    const end = lexer.string(i + 1)
    const { hash } = lexer
    const hashes = this.#hashes
    for (let at = this.#bases[this.#bases.length - 1]!; at < hashes.length; at++)
      if (hashes[at] === hash) this.repeated = true
    hashes.push(hash)
    this.#string(i, end)
    i = lexer.expect(lexer.space(end), COLON)
    this.#put(COLON)
    return lexer.space(i)
  }

  /** Copies the string just read from bytes[i..end), quotes included. */
  #string(i: number, end: number): void {
    const { source, sourceView, bytes, from, to } = this.#lexer
    if (source === bytes) {
      this.#copy(i, end)
      return
    }
    this.#room((to - from) * 6 + 2)
    const out = { bytes: this.out, view: viewOf(this.out) }
    this.length = escapeInto(out, this.length, { bytes: source, view: sourceView }, from, to)
  }

  #put(byte: number): void {
    this.#room(1)
    this.out[this.length++] = byte
  }

  #copy(from: number, to: number): void {
    this.#room(to - from)
    const { out } = this
    const { bytes } = this.#lexer
    let n = this.length
    for (let i = from; i < to; i++) out[n++] = bytes[i]!
    this.length = n
  }

  #room(bytes: number): void {
    if (this.length + bytes <= this.out.length) return
    const out = Buffer.allocUnsafeSlow(Math.max(this.out.length * 2, this.length + bytes))
    this.out.copy(out, 0, 0, this.length)
    this.out = out
  }
}
