import { isUtf8 } from 'node:buffer'
import type { Batch } from './batch.ts'
import { BatchBuilder } from './builder.ts'
import { BOUNDS, type Bounds, type Json, type Origin, type Problem } from './event.ts'
import { kindOf, type Refusal } from './law.ts'
import { BACKSLASH, CLOSE_ARRAY, COMMA, Fault, type Lexer, OPEN, OPEN_ARRAY, QUOTE } from './lexer.ts'
import { EventReader, tooLong } from './reader.ts'
import { lineEnd, nextElement, nextLine, startsLine } from './resync.ts'
import { roomFor, usual } from './usual.ts'

/** How much of a refused event is quoted, in characters. */
const SAMPLE = 200
/** How many problems are told of one input; the others are counted. */
const PROBLEMS = 1000

/** What came out of some bytes. */
export interface Taken {
  /** Events that became rows. */
  accepted: number
  /** Events that did not; `problems` says why, for the first {@link Bounds.problems} of them. */
  refused: number
  problems: Problem[]
}

/** The events some bytes held as a batch, and why the others are none. */
export interface Scanned extends Taken {
  batch: Batch
  /** Of a trusted sender: each row's seq, NaN where it had none. Where they rise by one under one collector, the batch has its `seq` and `collector` too. */
  seqs?: Float64Array
}

/**
 * Turns bytes into one batch: NDJSON, a JSON array, or JSON values one after another (which may span lines).
 * One bad event never costs the others. An empty input gives an empty batch. Never throws.
 */
export function scan(bytes: Uint8Array, origin: Origin, bounds: Bounds = BOUNDS): Scanned {
  const builder = new BatchBuilder(bounds, Math.min(32_768, roomFor(bytes.length, 1 / usual.line)))
  const taken = scanInto(builder, bytes, origin)
  const batch = builder.done(bytes.length)
  if (!origin.trusted) return { batch, ...taken }
  const { seqs, collectors } = builder
  const collector = collectors[0] ?? -1
  const all = new Float64Array(batch.length).fill(Number.NaN)
  all.set(seqs)
  if (collector >= 0 && all.every((seq, i) => seq === all[0]! + i && collectors[i] === collector)) {
    batch.seq = all[0]!
    batch.collector = batch.dictionary.text(collector)
  }
  return { batch, ...taken, seqs: all }
}

/**
 * Appends the events in some bytes to a batch that may hold others already. The bytes may be reused at return.
 * @param next called where the builder is full and more comes: takes the batch away and gives the builder to go on
 *   with. Without it one batch takes everything.
 */
export function scanInto(
  builder: BatchBuilder,
  bytes: Uint8Array,
  origin: Origin,
  next?: (full: BatchBuilder) => BatchBuilder,
): Taken {
  return new Scan(builder, origin, next).run(bytes)
}

/** Readers not in use, per bounds: their buffers are worth keeping. */
const IDLE: WeakMap<Bounds, EventReader[]> = new WeakMap()

class Scan {
  readonly #origin: Origin
  readonly #next: ((full: BatchBuilder) => BatchBuilder) | undefined
  readonly #bounds: Bounds
  readonly #reader: EventReader
  readonly #lexer: Lexer
  readonly #idle: EventReader[]
  #builder: BatchBuilder
  #bytes!: Buffer
  /** Whether the way had to be found again after the last element. */
  #lost = false
  readonly #taken: Taken = { accepted: 0, refused: 0, problems: [] }

  constructor(builder: BatchBuilder, origin: Origin, next: ((full: BatchBuilder) => BatchBuilder) | undefined) {
    this.#builder = builder
    this.#origin = origin
    this.#next = next
    this.#bounds = builder.bounds
    this.#idle = IDLE.get(this.#bounds) ?? []
    IDLE.set(this.#bounds, this.#idle)
    this.#reader = this.#idle.pop() ?? new EventReader(this.#bounds)
    this.#lexer = this.#reader.lexer
  }

  run(input: Uint8Array): Taken {
    const raw = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
    // Invalid UTF-8 is made valid first, so that nothing after this need care.
    const bytes = isUtf8(raw) ? raw : Buffer.from(raw.toString('utf8'))
    this.#bytes = bytes
    this.#lexer.open(bytes)
    this.#reader.into(this.#builder, this.#origin)
    let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    for (;;) {
      i = this.#lexer.space(i)
      if (i >= bytes.length) break
      if (bytes[i] === OPEN) i = this.#event(i, nextLine)
      else if (bytes[i] === OPEN_ARRAY) i = this.#array(i)
      else i = this.#line(i)
    }
    this.#lexer.close()
    this.#idle.push(this.#reader)
    return this.#taken
  }

  /** Reads the object or string at i as an event. @returns where to go on: after it, or where `resync` says */
  #event(i: number, resync: (bytes: Buffer, start: number) => number): number {
    const reader = this.#reader
    const lexer = this.#lexer
    const end = this.#bytes.length
    if (this.#next !== undefined && this.#builder.full) {
      this.#builder = this.#next(this.#builder)
      reader.into(this.#builder, this.#origin)
    }
    lexer.end = Math.min(end, i + this.#bounds.line)
    try {
      const after = reader.read(i)
      if (reader.refusal === undefined) this.#taken.accepted++
      else this.#refused(i, after, reader.refusal)
      return after
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
      return this.#lose(i, fault, resync(this.#bytes, i))
    } finally {
      lexer.end = end
    }
  }

  #refused(i: number, after: number, refusal: Refusal): void {
    this.#problem(i, after, () => refusal)
  }

  /** The event at i can't be read. @returns where to go on */
  #lose(i: number, fault: Fault, go: number): number {
    const { end } = this.#lexer
    const cut = fault.at >= end && end < this.#bytes.length
    this.#lost = true
    this.#problem(i, go, () => {
      if (cut) return { kind: 'bound', reason: tooLong(this.#bounds) }
      if (fault.kind === 'bound') return { kind: 'bound', reason: `${fault.reason} (byte ${fault.at - i + 1})` }
      return syntax(this.#expected(i, fault.at, fault.reason))
    })
    return go
  }

  /** The array at i, whose elements are events. */
  #array(i: number): number {
    const bytes = this.#bytes
    const lexer = this.#lexer
    i = lexer.space(i + 1)
    if (bytes[i] === CLOSE_ARRAY) return i + 1
    for (;;) {
      this.#lost = false
      i = bytes[i] === OPEN || bytes[i] === QUOTE ? this.#event(i, nextElement) : this.#stranger(i)
      for (;;) {
        i = lexer.space(i)
        if (bytes[i] === CLOSE_ARRAY) return i + 1
        if (bytes[i] === COMMA) {
          i = lexer.space(i + 1)
          break
        }
        if (i >= bytes.length || (!this.#lost && bytes[i] === OPEN && startsLine(bytes, i))) {
          this.#problem(i, i, () => syntax(`the array is not closed: expected "," or "]", found ${this.#quote(i)}`))
          return i
        }
        if (this.#lost) break
        const start = i
        const go = nextElement(bytes, start)
        this.#problem(start, go, () => syntax(this.#expected(start, start, '"," or "]" after an element of the array')))
        i = go
        this.#lost = true
      }
    }
  }

  /** What stands in an array in the place of an event, and is none. @returns where the next comma or bracket is */
  #stranger(i: number): number {
    const go = nextElement(this.#bytes, i)
    this.#lost = true
    this.#none(i, go, 'an event (an object or a string)')
    return go
  }

  /** A line that begins with neither { nor [: a bare string if it is nothing else. */
  #line(i: number): number {
    const bytes = this.#bytes
    const end = lineEnd(bytes, i)
    if (bytes[i] === QUOTE && startsLine(bytes, i) && closes(bytes, i, end)) return this.#event(i, nextLine)
    this.#none(i, end, 'an event (an object, an array of objects, or a string alone on its line)')
    return end
  }

  /** bytes[i..end) is no event; it may be JSON. */
  #none(i: number, end: number, expected: string): void {
    this.#problem(i, end, () => {
      const value = end - i <= this.#bounds.line ? parse(this.#bytes.toString('utf8', i, end)) : undefined
      if (value === undefined || typeof value === 'string') return syntax(this.#expected(i, i, expected))
      return { kind: 'event', reason: `an event must be an object or a string, found ${kindOf(value)}` }
    })
  }

  /** Counts bytes[start..end) as refused; the reason is asked for only while problems are still told. */
  #problem(start: number, end: number, why: () => Refusal): void {
    const { problems, accepted } = this.#taken
    const index = accepted + this.#taken.refused++
    if (problems.length >= (this.#bounds.problems ?? PROBLEMS)) return
    const sample = this.#bytes.toString('utf8', start, Math.min(end, start + SAMPLE * 4)).slice(0, SAMPLE)
    problems.push({ index, ...why(), sample: sample.trimEnd() })
  }

  #expected(start: number, at: number, expected: string): string {
    return `byte ${at - start + 1}: expected ${expected}, found ${this.#quote(at)}`
  }

  #quote(at: number): string {
    if (at >= this.#bytes.length) return 'the end'
    return JSON.stringify([...this.#bytes.toString('utf8', at, at + 4)][0])
  }
}

/** Whether the string at i is closed and nothing but white space follows it up to end. */
function closes(bytes: Buffer, i: number, end: number): boolean {
  for (i++; i < end && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++
  for (i++; i < end; i++) if (bytes[i]! > 0x20) return false
  return i === end
}

function syntax(reason: string): Refusal {
  return { kind: 'syntax', reason }
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
