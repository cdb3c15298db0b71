import { BOUNDS } from '@telltale/event'

const NEWLINE = 10
const NONE = Buffer.alloc(0)
const BREAK = Buffer.from('\n')

/**
 * Makes whole lines of chunks. Of a line longer than the bound only so much is given on, as a line of its own, for the
 * intake to refuse with the reason; the rest of it is passed over, so memory is bounded.
 */
export class Lines {
  readonly #bound: number
  #held: Buffer[] = []
  /** Bytes held back: the start of a line whose end has not come. */
  pending = 0
  #skipping = false

  /** @param bound bytes; must not be less than what the intake takes in a line */
  constructor(bound: number = BOUNDS.line) {
    this.#bound = bound
  }

  /** @returns the lines that are whole now, each with its newline; may be part of the chunk itself */
  push(chunk: Buffer): Buffer {
    let rest = chunk
    if (this.#skipping) {
      const end = chunk.indexOf(NEWLINE)
      if (end < 0) return NONE
      this.#skipping = false
      rest = chunk.subarray(end + 1)
    }
    const last = rest.lastIndexOf(NEWLINE)
    if (last < 0) return this.#hold(rest) ? NONE : this.#tooLong()
    const whole = rest.subarray(0, last + 1)
    const lines = this.pending === 0 ? whole : Buffer.concat([...this.#held, whole])
    this.#forget()
    return this.#hold(rest.subarray(last + 1)) ? lines : Buffer.concat([lines, this.#tooLong()])
  }

  /** The chunks are over. @returns what was held back, as the last line */
  end(): Buffer {
    const rest = this.pending === 0 ? NONE : Buffer.concat([...this.#held, BREAK])
    this.#forget()
    this.#skipping = false
    return rest
  }

  #hold(part: Buffer): boolean {
    if (part.length === 0) return true
    this.#held.push(part)
    this.pending += part.length
    return this.pending <= this.#bound
  }

  #tooLong(): Buffer {
    const line = this.end()
    this.#skipping = true
    return line
  }

  #forget(): void {
    this.#held = []
    this.pending = 0
  }
}
