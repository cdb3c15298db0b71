import type { Problem } from './event.ts'
import { NEWLINE } from './lexer.ts'

/** What a chunk completed. */
export interface LineBlocks {
  /** Runs of whole lines, in order. They are valid until the next call and only while the chunk is. */
  blocks: Buffer[]
  /** Lines that were too long. Their index is how many of the blocks come before them. */
  problems: Problem[]
}

/**
 * Splits a stream that arrives in arbitrary chunks (TCP, a chunked body) at newlines. Only the unfinished last line is
 * copied, so at most `most` bytes are held; a longer line is skipped and told once.
 */
export class LineSplitter {
  readonly #most: number
  #tail: Buffer = Buffer.alloc(0)
  #held = 0
  #skipping = false

  /** @param most bytes of a line, as in `Bounds.line` */
  constructor(most: number = 256 * 1024) {
    this.#most = most
  }

  /** Bytes of a line that is not whole yet. */
  get held(): number {
    return this.#held
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Uint8Array): LineBlocks {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const out: LineBlocks = { blocks: [], problems: [] }
    const first = bytes.indexOf(NEWLINE) + 1
    if (first === 0) {
      this.#hold(bytes, out)
      return out
    }
    let from = 0
    if (this.#skipping || this.#held > 0) {
      from = first
      this.#hold(bytes.subarray(0, first), out)
      if (!this.#skipping) out.blocks.push(this.#tail.subarray(0, this.#held))
      this.#skipping = false
      this.#held = 0
    }
    const last = bytes.lastIndexOf(NEWLINE) + 1
    if (last > from) out.blocks.push(bytes.subarray(from, last))
    if (last < bytes.length) {
      // What is held may be in a block just given away: the next line begins in a buffer of its own.
      if (from > 0) this.#tail = Buffer.alloc(0)
      this.#hold(bytes.subarray(last), out)
    }
    return out
  }

  /** The stream has ended: gives the last line where it had no newline. */
  end(): LineBlocks {
    const blocks = this.#held > 0 ? [this.#tail.subarray(0, this.#held)] : []
    this.#tail = Buffer.alloc(0)
    this.#held = 0
    this.#skipping = false
    return { blocks, problems: [] }
  }

  #hold(bytes: Buffer, out: LineBlocks): void {
    if (this.#skipping) return
    const length = this.#held + bytes.length
    // The newline itself does not count.
    if (length > this.#most + 1) {
      const sample = Buffer.concat([this.#tail.subarray(0, this.#held), bytes.subarray(0, 200)]).toString(
        'utf8',
        0,
        200,
      )
      out.problems.push({ index: out.blocks.length, kind: 'bound', reason: `longer than ${this.#most} bytes`, sample })
      this.#skipping = true
      this.#held = 0
      this.#tail = Buffer.alloc(0)
      return
    }
    if (length > this.#tail.length) {
      const tail = Buffer.allocUnsafeSlow(Math.min(this.#most + 1, Math.max(1024, length * 2)))
      this.#tail.copy(tail, 0, 0, this.#held)
      this.#tail = tail
    }
    bytes.copy(this.#tail, this.#held)
    this.#held = length
  }
}
