import type { Batch } from './batch.ts'
import type { BatchBuilder } from './builder.ts'
import { Compactor } from './compact.ts'
import { FALSE, NULL, TRUE } from './dictionary.ts'
import { withoutDuplicates } from './duplicates.ts'
import type { Bounds, Json, Origin, Problem } from './event.ts'
import { kindOf, readTags } from './law.ts'
import {
  CLOSE,
  CLOSE_ARRAY,
  COLON,
  COMMA,
  Fault,
  HASH,
  Lexer,
  MINUS,
  NINE,
  OPEN,
  OPEN_ARRAY,
  PRIME,
  QUOTE,
  ZERO,
} from './lexer.ts'
import type { Path, Shape } from './schema.ts'
import { readTime, toMicros } from './time.ts'
import { believed, isKnown, TOP, type Top, topKey } from './top.ts'

/** Rises with every event read, so that a path knows whether it was met in this one. */
let stamps = 0

/**
 * Reads one event from bytes into the next row of a batch, making no object of it. Says the same as
 * {@link BatchBuilder.add} does of what JSON.parse makes of the bytes.
 */
export class EventReader {
  readonly lexer: Lexer = new Lexer()
  readonly #compactor: Compactor
  readonly #bounds: Bounds
  #builder!: BatchBuilder
  #batch!: Batch
  #origin!: Origin
  // What the event at hand says so far; codes are -1 where it says nothing.
  #row = 0
  #shape!: Shape
  #stamp = 0
  #seen = 0
  #refusal: string | undefined
  #bound = false
  #repeated = false
  #type = -1
  #hostname = -1
  #md5 = -1
  #tags = -1
  #collector = -1
  #time = Number.NaN
  #receivedAt = Number.NaN
  #seq = Number.NaN
  readonly #tagHashes: number[] = []

  constructor(bounds: Bounds) {
    this.#bounds = bounds
    this.#compactor = new Compactor(this.lexer, bounds)
  }

  /** The events to come go into this builder's batch. */
  into(builder: BatchBuilder, origin: Origin): void {
    this.#builder = builder
    this.#batch = builder.batch
    this.#origin = origin
  }

  /** Why the event read last is none, if so. */
  get refusal(): Pick<Problem, 'reason' | 'kind'> | undefined {
    if (this.#refusal === undefined) return undefined
    return { kind: this.#bound ? 'bound' : 'event', reason: this.#refusal }
  }

  /**
   * Reads the object or string at i into a new row, or says in {@link refusal} why there is none.
   * @returns where it ends
   */
  read(i: number): number {
    this.#begin()
    try {
      const end = this.lexer.bytes[i] === QUOTE ? this.#value(i, this.#message()) : this.#object(i)
      if (end - i > this.#bounds.line) this.#refuse(tooLong(this.#bounds), true)
      else if (this.#repeated || this.#compactor.repeated) this.#again(i)
      this.#finish()
      return end
    } catch (fault) {
      this.#batch.abandon()
      throw fault
    }
  }

  #begin(): void {
    this.#batch.reserve()
    this.#row = this.#batch.length
    this.#shape = this.#batch.schema.empty
    this.#stamp = stamps = (stamps + 1) & 0x3fffffff
    this.#compactor.reset()
    this.#seen = 0
    this.#refusal = undefined
    this.#bound = false
    this.#repeated = false
    this.#type = this.#hostname = this.#md5 = this.#tags = this.#collector = -1
    this.#time = this.#receivedAt = this.#seq = Number.NaN
  }

  #finish(): void {
    if (this.#compactor.beyond) this.#refuse('a number is beyond what a double holds')
    if (this.#refusal !== undefined) {
      this.#batch.abandon()
      return
    }
    const row = this.#row
    const batch = this.#batch
    const builder = this.#builder
    batch.type[row] = this.#type < 0 ? builder.code(this.#origin.type ?? 'unknown') : this.#type
    batch.hostname[row] = this.#hostname < 0 ? builder.code(this.#origin.hostname) : this.#hostname
    batch.md5[row] = this.#md5 < 0 ? builder.code('') : this.#md5
    batch.tags[row] = this.#tags < 0 ? builder.noTags : this.#tags
    const receivedAt = this.#receivedAt === this.#receivedAt ? this.#receivedAt : toMicros(this.#origin.receivedAt)
    batch.receivedAt[row] = receivedAt
    batch.time[row] = this.#time === this.#time ? this.#time : receivedAt
    batch.shapes[row] = this.#shape.id
    batch.length = row + 1
    if (this.#origin.trusted) builder.journaled(row, this.#seq, this.#collector)
  }

  /** A key was met twice: reads the event once more, from a text that has each once. */
  #again(i: number): void {
    const { lexer } = this
    const { bytes, end } = lexer
    this.#compactor.reset()
    this.#compactor.copy(i, 1)
    const compact = this.#compactor.out.toString('utf8', 0, this.#compactor.length)
    this.#batch.abandon()
    this.#begin()
    const trusted = this.#origin.trusted === true
    const once = withoutDuplicates(compact, key => isKnown(key, trusted))
    if ('reason' in once) {
      this.#refuse(once.reason)
      return
    }
    lexer.open(Buffer.from(once.text))
    try {
      this.#object(0)
    } finally {
      lexer.bytes = bytes
      lexer.end = end
    }
  }

  #refuse(reason: string, bound = false): void {
    if (this.#refusal !== undefined) return
    this.#refusal = reason
    this.#bound = bound
  }

  /** The event's own object. */
  #object(i: number): number {
    const { lexer } = this
    const { bytes } = lexer
    const { root } = this.#batch.schema
    i = lexer.space(i + 1)
    if (bytes[i] === CLOSE) return i + 1
    for (;;) {
      if (bytes[i] !== QUOTE) throw new Fault(i, 'a key in double quotes')
      this.#compactor.count(i)
      const after = lexer.string(i + 1)
      const { source, from, to, hash } = lexer
      const top = topKey(source, from, to)
      const known = believed(top, this.#origin.trusted === true)
      const path = known ? undefined : this.#batch.schema.childOf(root, source, from, to, hash)
      i = lexer.space(lexer.expect(lexer.space(after), COLON))
      i = lexer.space(path === undefined ? this.#known(i, top) : this.#value(i, path))
      if (bytes[i] === COMMA) i = lexer.space(i + 1)
      else if (bytes[i] === CLOSE) return i + 1
      else throw new Fault(i, '"," or "}"')
    }
  }

  /** The value of a top-level key that has a place of its own. */
  #known(i: number, top: Top): number {
    if (this.#seen & (1 << top)) this.#repeated = true
    this.#seen |= 1 << top
    switch (top) {
      case TOP.type:
      case TOP.hostname:
      case TOP.md5:
        return this.#word(i, top)
      case TOP.time:
        return this.#when(i)
      case TOP.tags:
        return this.#words(i)
      case TOP.additional_info:
        return this.#info(i)
      default:
        return this.#stamped(i, top)
    }
  }

  /** A type, hostname or md5. */
  #word(i: number, top: Top): number {
    const { lexer } = this
    const b = lexer.bytes[i]!
    let code = -1
    let end: number
    if (b === QUOTE) {
      end = lexer.string(i + 1)
      if (lexer.to > lexer.from) code = this.#text()
    } else if (isNumber(b)) {
      end = lexer.number(i)
      if (!Number.isFinite(lexer.value)) this.#compactor.beyond = true
      code = this.#batch.dictionary.string(lexer.exact ? String(lexer.value) : lexer.bytes.toString('latin1', i, end))
    } else {
      end = this.#compactor.copy(i, 2)
      if (b !== NULL_LETTER) this.#refuse(`${nameOf(top)} must be a string, found ${this.#found(i, end)}`)
    }
    if (top === TOP.type) this.#type = code
    else if (top === TOP.hostname) this.#hostname = code
    else this.#md5 = code
    return end
  }

  #when(i: number): number {
    const { lexer } = this
    const b = lexer.bytes[i]!
    const end = this.#compactor.copy(i, 2)
    if (b === NULL_LETTER) return end
    const time =
      b === QUOTE ? readTime(lexer.text()) : isNumber(b) ? readTime(lexer.value, this.#origin.trusted) : undefined
    if (time === undefined) this.#refuse(`time must be ms since the epoch or ISO 8601, found ${this.#found(i, end)}`)
    else this.#time = time
    return end
  }

  /** received_at, seq or collector, from one of us. */
  #stamped(i: number, top: Top): number {
    const { lexer } = this
    const b = lexer.bytes[i]!
    const end = this.#compactor.copy(i, 2)
    if (top === TOP.collector) {
      if (b === QUOTE) this.#collector = this.#text()
    } else if (isNumber(b) || b === QUOTE) {
      if (top === TOP.received_at)
        this.#receivedAt = readTime(b === QUOTE ? lexer.text() : lexer.value, true) ?? Number.NaN
      else if (b !== QUOTE && Number.isSafeInteger(lexer.value)) this.#seq = lexer.value
    }
    return end
  }

  /** Tags. Where they are written as we write them their bytes are the dictionary's text. */
  #words(i: number): number {
    const { lexer } = this
    const { bytes } = lexer
    if (bytes[i] === OPEN_ARRAY && bytes[i + 1] === QUOTE) {
      const hashes = this.#tagHashes
      let hash = Math.imul(HASH ^ 1 ^ OPEN_ARRAY, PRIME)
      let count = 0
      for (let at = i + 1; ; at++) {
        if (bytes[at] !== QUOTE) break
        const end = lexer.string(at + 1)
        if (lexer.source !== bytes || lexer.to === lexer.from || count >= this.#bounds.tags) break
        let twin = 0
        while (twin < count && hashes[twin] !== lexer.hash) twin++
        if (twin < count) break
        hashes[count++] = lexer.hash
        for (; at <= end; at++) hash = Math.imul(hash ^ bytes[at]!, PRIME)
        at--
        if (bytes[at] === COMMA) continue
        if (bytes[at] !== CLOSE_ARRAY) break
        this.#tags = this.#batch.dictionary.addHashed(bytes, i, at + 1, 1, hash >>> 0)
        return at + 1
      }
    }
    const end = this.#compactor.copy(i, 2)
    if (this.#compactor.repeated) return end
    const value = JSON.parse(this.#compactor.out.toString('utf8', 0, this.#compactor.length)) as Json
    const tags = readTags(value, this.#bounds.tags)
    if (tags !== undefined && 'reason' in tags) this.#refuse(tags.reason, tags.kind === 'bound')
    else if (tags !== undefined) this.#tags = this.#batch.dictionary.jsonText(JSON.stringify(tags))
    return end
  }

  #info(i: number): number {
    const { lexer } = this
    const { bytes } = lexer
    if (bytes[i] === QUOTE) return this.#value(i, this.#message())
    if (bytes[i] === OPEN) {
      this.#compactor.descend(i, 2)
      const first = lexer.space(i + 1)
      return bytes[first] === CLOSE ? first + 1 : this.#members(first, this.#batch.schema.root, 2)
    }
    const end = this.#compactor.copy(i, 2)
    if (bytes[i] !== NULL_LETTER) this.#refuse(`additional_info must be an object, found ${this.#found(i, end)}`)
    return end
  }

  #message(): Path {
    return this.#batch.schema.child(this.#batch.schema.root, 'message')
  }

  /** The value at i, of a key at top level. */
  #value(i: number, path: Path): number {
    const { lexer } = this
    this.#meet(path)
    if (lexer.bytes[i] !== OPEN) return this.#leaf(i, path, 2)
    this.#compactor.descend(i, 2)
    const first = lexer.space(i + 1)
    if (lexer.bytes[first] !== CLOSE) return this.#members(first, path, 2)
    this.#put(path, this.#emptyObject())
    return first + 1
  }

  /** The members of the object at `parent`, from the first key on, to after its closing brace. */
  #members(i: number, parent: Path, depth: number): number {
    const { lexer } = this
    const { bytes } = lexer
    let at = parent
    for (;;) {
      if (bytes[i] !== QUOTE) throw new Fault(i, 'a key in double quotes')
      this.#compactor.count(i)
      let path = this.#predicted(i, at)
      if (path !== undefined) i += path.json.length
      else {
        i = lexer.string(i + 1)
        path = this.#batch.schema.childOf(at, lexer.source, lexer.from, lexer.to, lexer.hash)
      }
      if (bytes[i] === COLON) i++
      else i = lexer.expect(lexer.space(i), COLON)
      if (bytes[i]! <= 0x20) i = lexer.space(i)
      this.#meet(path)
      if (bytes[i] === OPEN) {
        this.#compactor.descend(i, depth + 1)
        const first = lexer.space(i + 1)
        if (bytes[first] !== CLOSE) {
          at = path
          depth++
          i = first
          continue
        }
        this.#put(path, this.#emptyObject())
        i = first + 1
      } else i = this.#leaf(i, path, depth + 1)
      for (;;) {
        if (bytes[i]! <= 0x20) i = lexer.space(i)
        if (bytes[i] === COMMA) {
          i = lexer.space(i + 1)
          break
        }
        if (bytes[i] !== CLOSE) throw new Fault(i, '"," or "}"')
        i++
        if (at === parent) return i
        at = at.parent!
        depth--
      }
    }
  }

  /** The path that followed last time, if the key at i is its. */
  #predicted(i: number, parent: Path): Path | undefined {
    let path = this.#shape.likely?.path
    if (path === undefined) return undefined
    const depth = parent.depth + 1
    while (path.depth > depth) path = path.parent!
    if (path.parent !== parent) return undefined
    const { json } = path
    const { bytes } = this.lexer
    for (let k = 0; k < json.length; k++) if (json[k] !== bytes[i + k]) return undefined
    return path
  }

  #meet(path: Path): void {
    if (path.stamp === this.#stamp) this.#repeated = true
    path.stamp = this.#stamp
  }

  /** The value at i, which is no object with members. */
  #leaf(i: number, path: Path, depth: number): number {
    const { lexer } = this
    const b = lexer.bytes[i]!
    let end: number
    if (b === QUOTE) {
      end = lexer.string(i + 1)
      this.#put(path, this.#text())
    } else if (isNumber(b)) {
      end = lexer.number(i)
      this.#number(path, i, end)
    } else if (b === OPEN_ARRAY) {
      const compactor = this.#compactor
      end = compactor.copy(i, depth)
      this.#put(path, this.#batch.dictionary.add(compactor.out, 0, compactor.length, 1))
    } else {
      end = lexer.literal(i)
      this.#put(path, b === NULL_LETTER ? NULL : b === 0x74 ? TRUE : FALSE)
    }
    return end
  }

  #put(path: Path, code: number): void {
    if (this.#repeated) return
    this.#shape = this.#batch.schema.step(this.#shape, path)
    this.#batch.ensure(path).pushCode(this.#row, code)
  }

  #number(path: Path, i: number, end: number): void {
    if (this.#repeated) return
    const { lexer } = this
    this.#shape = this.#batch.schema.step(this.#shape, path)
    const column = this.#batch.ensure(path)
    if (lexer.exact) column.pushNumber(this.#row, lexer.value)
    else if (Number.isFinite(lexer.value))
      column.pushNumber(this.#row, lexer.value, this.#batch.dictionary.add(lexer.bytes, i, end, 1))
    else this.#compactor.beyond = true
  }

  /** The code of the string read last. */
  #text(): number {
    const { source, from, to, hash } = this.lexer
    return this.#batch.dictionary.addHashed(source, from, to, 0, hash)
  }

  #emptyObject(): number {
    return this.#batch.dictionary.jsonText('{}')
  }

  /** For messages: what stands at bytes[i..end). */
  #found(i: number, end: number): string {
    return kindOf(JSON.parse(this.lexer.bytes.toString('utf8', i, end)) as Json)
  }
}

/** The reason where an event is too long. */
export function tooLong({ line }: Bounds): string {
  return `longer than ${line} bytes`
}

const NULL_LETTER = 0x6e

function isNumber(b: number): boolean {
  return b === MINUS || (b >= ZERO && b <= NINE)
}

function nameOf(top: Top): string {
  return Object.keys(TOP).find(key => TOP[key as keyof typeof TOP] === top)!
}
