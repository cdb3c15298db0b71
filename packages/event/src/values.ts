import { BACKSLASH, CLOSE, CLOSE_ARRAY, COLON, COMMA, NEWLINE, OPEN, OPEN_ARRAY, QUOTE } from './lexer.ts'

/** The bytes that say where values begin and end. */
const MEANS = new Uint8Array(256)
for (const byte of [QUOTE, NEWLINE, OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY]) MEANS[byte] = 1
const EXPECTS_VALUE = new Set([COLON, COMMA, OPEN_ARRAY])

/**
 * Splits a stream that arrives in arbitrary chunks between JSON values, which may span lines as arrays and pretty-printed
 * events do: behind a newline that is in none. What is broken holds up nothing: a string ends with its line, and a brace
 * that begins a line where JSON allows none begins a value. So it says what {@link scan} would say of all at once.
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

  /** Where in the last chunk the value that is open began; -1 if before. */
  #begun = -1

  /** @param most bytes that are held, unless they are of an array: what goes on longer is given at a newline, whole or not */
  constructor(most: number) {
    this.#most = most
  }

  /** Bytes of a value that is not whole yet. */
  get held(): number {
    return this.#held
  }

  /** What is held is of an array. */
  get array(): boolean {
    return this.#depth > 0 && this.#inArray
  }

  /** Takes the next bytes of the stream, and keeps them while they are held. @returns what is whole, valid while the chunk is */
  push(chunk: Buffer): Buffer | undefined {
    let end = this.#read(chunk)
    if (end < 0 && this.#depth > 0 && !this.#inArray) end = this.#atMost(chunk)
    if (end < 0) {
      this.#hold(chunk)
      return undefined
    }
    this.#hold(chunk.subarray(0, end))
    const whole = this.end()
    // A copy: what is left must not keep all of it in memory.
    if (end < chunk.length) this.#hold(Buffer.from(chunk.subarray(end)))
    return whole
  }

  /** The stream has ended: gives what is held. */
  end(): Buffer | undefined {
    const [first] = this.#pieces
    const whole = this.#pieces.length > 1 ? Buffer.concat(this.#pieces, this.#held) : first
    this.#pieces = []
    this.#held = 0
    return whole
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#pieces.push(bytes)
    this.#held += bytes.length
  }

  /** @returns the last place before which everything is whole, -1 if there is none */
  #read(bytes: Buffer): number {
    let end = -1
    this.#begun = -1
    let i = this.#inString ? this.#string(bytes, 0) : 0
    for (; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (MEANS[byte] === 0) continue
      if (byte === QUOTE) i = this.#string(bytes, i + 1) - 1
      else if (byte === NEWLINE) end = this.#depth === 0 ? i + 1 : end
      else if (byte === CLOSE || byte === CLOSE_ARRAY) this.#depth -= this.#depth > 0 ? 1 : 0
      else if (this.#open(bytes, i)) end = i
    }
    this.#lookBack(bytes, bytes.length)
    return end
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

  /** The bracket at i opens. @returns whether all before it is over: it begins a line where JSON has no object */
  #open(bytes: Buffer, i: number): boolean {
    let begins = false
    if (bytes[i] === OPEN && this.#depth > 0) {
      this.#lookBack(bytes, i)
      begins = this.#fresh && !EXPECTS_VALUE.has(this.#before)
      if (begins) this.#depth = 0
    }
    if (this.#depth++ === 0) {
      this.#inArray = bytes[i] === OPEN_ARRAY
      this.#begun = i
    }
    return begins
  }

  /** Sees what stands before i. */
  #lookBack(bytes: Buffer, i: number): void {
    let fresh = false
    while (--i >= 0 && bytes[i]! <= 0x20) fresh ||= bytes[i] === NEWLINE
    this.#fresh = fresh || (i < 0 && this.#fresh)
    if (i >= 0) this.#before = bytes[i]!
  }

  /** @returns where to cut though no line ended between values: before the one that is open, in good time, or within it */
  #atMost(bytes: Buffer): number {
    const size = this.#held + bytes.length
    if (size > this.#most / 2 && this.#begun >= 0 && this.#held + this.#begun > 0) return this.#begun
    return size > this.#most ? this.#giveUp(bytes) : -1
  }

  /** Begins anew behind the last newline, if there is one. */
  #giveUp(bytes: Buffer): number {
    const end = bytes.lastIndexOf(NEWLINE) + 1
    if (end === 0) return -1
    this.#depth = 0
    this.#inString = this.#escaped = false
    this.#read(bytes.subarray(end))
    return end
  }
}
