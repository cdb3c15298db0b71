import type { Problem } from './event.ts'
import { BACKSLASH, CLOSE, CLOSE_ARRAY, COLON, COMMA, NEWLINE, OPEN, OPEN_ARRAY, QUOTE } from './lexer.ts'
import type { LineBlocks } from './lines.ts'

/** The bytes that say where values begin and end. */
const MEANS = new Uint8Array(256)
for (const byte of [QUOTE, NEWLINE, OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY]) MEANS[byte] = 1
const EXPECTS_VALUE = new Set([COLON, COMMA, OPEN_ARRAY])
/** How much of a value that is too long is quoted, in characters. */
const SAMPLE = 200

/**
 * Splits a stream that arrives in arbitrary chunks between JSON values, which may span lines as arrays and pretty-printed
 * events do: behind a newline that is in none. What is broken holds up nothing: a string ends with its line, and a brace
 * that begins a line where JSON allows none begins a value. So it says what {@link scan} would say of all at once.
 * What is too long and no array is skipped to its end and told once.
 */
export class ValueSplitter {
  readonly #most: number
  #pieces: Buffer[] = []
  #held = 0
  #depth = 0
  /** The outermost bracket that is open is an array's. */
  #inArray = false
  #inString = false
  #escaped = false
  /** Before where it was last looked: whether there is only white space on the line, and the last byte that is none. */
  #fresh = true
  #before = NEWLINE
  /** Where what is not whole begins, from the first byte held. */
  #start = 0
  /** The last place in the bytes that are read before which everything is whole; -1 if there is none. */
  #end = -1
  /** What is too long is skipped: to the end of the value, or of the line where it has no brackets. */
  #skipping: 'value' | 'line' | undefined

  /** @param most bytes of a value or a line that are not in an array */
  constructor(most: number) {
    this.#most = most
  }

  /** Bytes of a value that is not whole yet, and of what stands before it: up to one and a half times the most, but for arrays. */
  get held(): number {
    return this.#held
  }

  /** What is held is of an array. */
  get array(): boolean {
    return this.#inArray
  }

  /** Takes the next bytes of the stream, and keeps them while they are held. What it gives is valid while the chunk is. */
  push(chunk: Buffer): LineBlocks {
    const out: LineBlocks = { blocks: [], problems: [] }
    for (let at = 0; at < chunk.length; ) {
      const rest = chunk.subarray(at)
      at += this.#skipping === undefined ? this.#take(rest, out) : this.#skip(rest)
    }
    return out
  }

  /** The stream has ended: gives what is held. */
  end(): LineBlocks {
    const out: LineBlocks = { blocks: [], problems: [] }
    this.#give(out)
    return out
  }

  /** @returns how many of the bytes it took: all, or up to the end of a value that was too long */
  #take(bytes: Buffer, out: LineBlocks): number {
    const over = this.#read(bytes)
    if (over >= 0) {
      this.#refuse(bytes.subarray(0, over), out)
      return over
    }
    if (this.#isLong(bytes.length)) {
      this.#refuse(bytes, out)
      this.#skipping = this.#depth > 0 ? 'value' : 'line'
    } else this.#cut(bytes, this.#cutAt(bytes), out)
    return bytes.length
  }

  /** Holds the bytes, and gives what is before the end, if there is one. */
  #cut(bytes: Buffer, end: number, out: LineBlocks): void {
    if (end < 0) {
      this.#hold(bytes)
      return
    }
    this.#start -= this.#held + end
    this.#hold(bytes.subarray(0, end))
    this.#give(out)
    // A copy: what is left must not keep all of it in memory.
    if (end < bytes.length) this.#hold(Buffer.from(bytes.subarray(end)))
  }

  /** @returns where to cut: behind a line, or before what is not whole where much would be held; -1 for nowhere */
  #cutAt(bytes: Buffer): number {
    const from = this.#end >= 0 ? this.#end : -this.#held
    const start = this.#start - this.#held
    const much = !this.#inArray && bytes.length - from > this.#most / 2
    return much && start >= 0 && start > from ? start : this.#end
  }

  /** The value that ends with these bytes, or goes on behind them, is too long. What stands before it is given. */
  #refuse(bytes: Buffer, out: LineBlocks): void {
    this.#hold(bytes)
    const held = Buffer.concat(this.#pieces)
    const sample = held.toString('utf8', this.#start, this.#start + SAMPLE * 4).slice(0, SAMPLE)
    if (this.#start > 0) out.blocks.push(held.subarray(0, this.#start))
    out.problems.push(tooLong(out.blocks.length, this.#most, sample))
    this.#pieces = []
    this.#held = this.#start = 0
  }

  /** @returns how many of the bytes are skipped */
  #skip(bytes: Buffer): number {
    const over = this.#skipping === 'line' ? bytes.indexOf(NEWLINE) : this.#read(bytes)
    if (over < 0) return bytes.length
    this.#skipping = undefined
    this.#inString = this.#escaped = false
    return over
  }

  #give(out: LineBlocks): void {
    const [first] = this.#pieces
    if (first !== undefined) out.blocks.push(this.#pieces.length > 1 ? Buffer.concat(this.#pieces, this.#held) : first)
    this.#pieces = []
    this.#held = 0
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#pieces.push(bytes)
    this.#held += bytes.length
  }

  /** Whether what is not whole is too long if it goes up to i. */
  #isLong(i: number): boolean {
    return this.#skipping !== undefined || (!this.#inArray && this.#held + i - this.#start > this.#most)
  }

  /** Reads on, to the end of a value that is too long. @returns where that is; -1 if there was none */
  #read(bytes: Buffer): number {
    this.#end = -1
    let i = this.#inString ? this.#string(bytes, 0) : 0
    for (; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (MEANS[byte] === 0) continue
      if (byte === QUOTE) i = this.#string(bytes, i + 1) - 1
      else if (byte === NEWLINE) this.#newline(i)
      else {
        const over = byte === CLOSE || byte === CLOSE_ARRAY ? this.#close(i) : this.#open(bytes, i)
        if (over < 0) continue
        this.#lookBack(bytes, over)
        return over
      }
    }
    this.#lookBack(bytes, bytes.length)
    return -1
  }

  #newline(i: number): void {
    if (this.#depth > 0) return
    this.#end = i + 1
    this.#start = this.#held + i + 1
  }

  /** @returns where to go on behind the string that i is in: it ends with its line if not before */
  #string(bytes: Buffer, i: number): number {
    this.#inString = true
    for (; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (byte === NEWLINE || (byte === QUOTE && !this.#escaped)) {
        this.#inString = this.#escaped = false
        return byte === QUOTE ? i + 1 : i
      }
      if (byte === BACKSLASH) this.#escaped = !this.#escaped
      else if (this.#escaped) this.#escaped = false
    }
    return i
  }

  /** The bracket at i closes. @returns where a value that was too long ends with it, -1 if none does */
  #close(i: number): number {
    if (this.#depth === 0 || --this.#depth > 0) return -1
    if (this.#isLong(i + 1)) return i + 1
    this.#inArray = false
    this.#start = this.#held + i + 1
    return -1
  }

  /** The bracket at i opens. @returns where a value that was too long, and broken, ends before it; -1 if none does */
  #open(bytes: Buffer, i: number): number {
    if (this.#depth > 0 && this.#begins(bytes, i)) {
      this.#depth = 0
      if (this.#isLong(i)) return i
      this.#end = i
    }
    if (this.#depth++ === 0) {
      this.#inArray = bytes[i] === OPEN_ARRAY
      this.#start = this.#held + i
    }
    return -1
  }

  /** Whether all before the bracket at i is over: it begins a line where JSON has none. Arrays do so behind what is too long. */
  #begins(bytes: Buffer, i: number): boolean {
    if (bytes[i] !== OPEN && !this.#isLong(i)) return false
    this.#lookBack(bytes, i)
    return this.#fresh && !EXPECTS_VALUE.has(this.#before)
  }

  /** Sees what stands before i. */
  #lookBack(bytes: Buffer, i: number): void {
    let fresh = false
    while (--i >= 0 && isSpace(bytes[i]!)) fresh ||= bytes[i] === NEWLINE
    this.#fresh = fresh || (i < 0 && this.#fresh)
    if (i >= 0) this.#before = bytes[i]!
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09
}

function tooLong(index: number, most: number, sample: string): Problem {
  return { index, kind: 'bound', reason: `longer than ${most} bytes`, sample: sample.trimEnd() }
}
