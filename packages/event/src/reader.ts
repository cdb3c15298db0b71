import type { BatchBuilder } from './builder.ts'
import { CellReader } from './cells.ts'
import { Compactor } from './compact.ts'
import { withoutDuplicates } from './duplicates.ts'
import type { Bounds, Json, Origin } from './event.ts'
import { kindOf, type Refusal, readTags } from './law.ts'
import { CLOSE, COLON, COMMA, Fault, isNumber, Lexer, NULL_LETTER, OPEN, QUOTE } from './lexer.ts'
import { Recall } from './recall.ts'
import type { Path } from './schema.ts'
import { TagReader } from './tags.ts'
import { flawOf, readTime, TIMES, toMicros } from './time.ts'
import { believed, isKnown, nameOf, TOP, type Top, TopPrediction, topKey, WORDS } from './top.ts'

/**
 * Reads one event from bytes into the next row of a batch, making no object of it. Says the same as
 * {@link BatchBuilder.add} does of what JSON.parse makes of the bytes.
 */
export class EventReader {
  readonly lexer: Lexer = new Lexer()
  readonly #compactor: Compactor
  readonly #cells: CellReader
  readonly #tagReader = new TagReader()
  readonly #recall = new Recall(512, QUOTE)
  readonly #predictions = { trusted: new TopPrediction(), others: new TopPrediction() }
  readonly #bounds: Bounds
  #builder!: BatchBuilder
  #origin!: Origin
  #trusted = false
  /** Why the event read last is none, if so. */
  refusal: Refusal | undefined
  // What the event at hand says of itself so far; codes are -1 and numbers NaN where it says nothing.
  #seen = 0
  #type = -1
  #hostname = -1
  #md5 = -1
  #tags = -1
  #collector = -1
  #time = Number.NaN
  #receivedAt = Number.NaN
  #seq = Number.NaN

  constructor(bounds: Bounds) {
    this.#bounds = bounds
    this.#compactor = new Compactor(this.lexer, bounds)
    this.#cells = new CellReader(this.lexer, this.#compactor)
  }

  /** The events to come go into this builder's batch. */
  into(builder: BatchBuilder, origin: Origin): void {
    this.#builder = builder
    this.#origin = origin
    this.#trusted = origin.trusted === true
  }

  /**
   * Reads the object or string at i into a new row, or says in {@link refusal} why there is none.
   * @returns where it ends. Throws a {@link Fault} where that can't be told, having added nothing
   */
  read(i: number): number {
    this.#begin()
    try {
      const end = this.lexer.bytes[i] === QUOTE ? this.#message(i) : this.#object(i)
      if (end - i > this.#bounds.line) this.#refuse({ kind: 'bound', reason: tooLong(this.#bounds) })
      else if (this.#cells.repeated || this.#compactor.repeated) this.#again(i)
      this.#finish()
      return end
    } catch (fault) {
      this.#builder.batch.abandon()
      throw fault
    }
  }

  #begin(): void {
    const { batch } = this.#builder
    batch.reserve()
    this.#cells.begin(batch)
    this.#compactor.reset()
    this.refusal = undefined
    this.#seen = 0
    this.#type = this.#hostname = this.#md5 = this.#tags = this.#collector = -1
    this.#time = this.#receivedAt = this.#seq = Number.NaN
  }

  #finish(): void {
    const builder = this.#builder
    const { batch } = builder
    if (this.#compactor.beyond) this.#wrong('a number is beyond what a double holds')
    if (this.refusal !== undefined) {
      batch.abandon()
      return
    }
    const row = batch.length
    const origin = this.#origin
    batch.type[row] = this.#type < 0 ? builder.code(origin.type ?? 'unknown') : this.#type
    batch.hostname[row] = this.#hostname < 0 ? builder.code(origin.hostname) : this.#hostname
    batch.md5[row] = this.#md5 < 0 ? builder.noText : this.#md5
    batch.tags[row] = this.#tags < 0 ? builder.noTags : this.#tags
    const receivedAt = this.#receivedAt === this.#receivedAt ? this.#receivedAt : toMicros(origin.receivedAt)
    batch.receivedAt[row] = receivedAt
    batch.time[row] = this.#time === this.#time ? this.#time : receivedAt
    batch.shapes[row] = this.#cells.shape.id
    batch.length = row + 1
    if (this.#seq === this.#seq || this.#collector >= 0) builder.journaled(row, this.#seq, this.#collector)
  }

  /** A key was met twice: reads the event once more, from a text that has each once. */
  #again(i: number): void {
    const { lexer } = this
    const { bytes, end } = lexer
    this.#compactor.reset()
    this.#compactor.copy(i, 1)
    const once = withoutDuplicates(this.#copied(), key => isKnown(key, this.#trusted))
    this.#builder.batch.abandon()
    this.#begin()
    if ('reason' in once) {
      this.refusal = once
      return
    }
    lexer.open(Buffer.from(once.text))
    try {
      this.#object(0)
    } finally {
      lexer.open(bytes)
      lexer.end = end
    }
  }

  /** The event's own object. */
  #object(i: number): number {
    const { lexer } = this
    const { bytes } = lexer
    const prediction = this.#trusted ? this.#predictions.trusted : this.#predictions.others
    const { schema } = this.#builder.batch
    let before: Top = TOP.none
    i = lexer.space(i + 1)
    if (bytes[i] === CLOSE) return i + 1
    for (;;) {
      if (bytes[i] !== QUOTE) throw new Fault(i, 'a key in double quotes')
      this.#compactor.count(i)
      let path: Path | undefined
      let top = prediction.after(before)
      const predicted = top !== TOP.none && lexer.begins(i, WORDS[top]!)
      if (predicted) i += WORDS[top]!.length
      else {
        top = TOP.none
        path = this.#cells.predicted(i, schema.root)
        if (path !== undefined && !path.isTop) i += path.word.length
        else {
          i = lexer.string(i + 1)
          path = undefined
          top = topKey(lexer.source, lexer.from, lexer.to)
          if (believed(top, this.#trusted)) prediction.learn(before, top)
          else path = schema.childOf(schema.root, lexer.source, lexer.from, lexer.to, lexer.hash)
        }
      }
      if (!predicted) i = bytes[i] === COLON ? i + 1 : lexer.expect(lexer.space(i), COLON)
      if (bytes[i]! <= 0x20) i = lexer.space(i)
      if (path === undefined) {
        before = top
        i = this.#known(i, top)
      } else i = this.#cells.value(i, path, 2)
      if (bytes[i]! <= 0x20) i = lexer.space(i)
      if (bytes[i] === COMMA) {
        i++
        if (bytes[i]! <= 0x20) i = lexer.space(i)
      } else if (bytes[i] === CLOSE) return i + 1
      else throw new Fault(i, '"," or "}"')
    }
  }

  /** The value of a top-level key that has a place of its own. */
  #known(i: number, top: Top): number {
    if (this.#seen & (1 << top)) this.#cells.repeated = true
    this.#seen |= 1 << top
    switch (top) {
      case TOP.type:
      case TOP.hostname:
      case TOP.md5:
        return this.#word(i, top)
      case TOP.tags:
        return this.#words(i)
      case TOP.additional_info:
        return this.#info(i)
      default:
        return this.#stamp(i, top)
    }
  }

  /** A type, hostname or md5. */
  #word(i: number, top: Top): number {
    const { lexer } = this
    const b = lexer.bytes[i]!
    let code = -1
    let end: number
    if (b === QUOTE) {
      const { dictionary } = this.#builder.batch
      code = this.#recall.find(lexer, dictionary, i + 1)
      if (code >= 0) end = this.#recall.end + 1
      else {
        end = lexer.string(i + 1)
        if (lexer.to > lexer.from) {
          code = this.#text()
          if (lexer.source === lexer.bytes) this.#recall.learn(code)
        }
      }
    } else if (isNumber(b)) {
      end = lexer.number(i)
      if (!Number.isFinite(lexer.value)) this.#compactor.beyond = true
      const text = lexer.isExact(i, end) ? String(lexer.value) : lexer.bytes.toString('latin1', i, end)
      code = this.#builder.batch.dictionary.string(text)
    } else {
      end = this.#compactor.copy(i, 2)
      if (b !== NULL_LETTER) this.#wrong(`${nameOf(top)} must be a string, found ${this.#found()}`)
    }
    if (top === TOP.type) this.#type = code
    else if (top === TOP.hostname) this.#hostname = code
    else this.#md5 = code
    return end
  }

  /** A time, or what says where in a journal the event stands. */
  #stamp(i: number, top: Top): number {
    const { lexer } = this
    const b = lexer.bytes[i]!
    const end = isNumber(b) ? lexer.number(i) : this.#compactor.copy(i, 2)
    if (b === NULL_LETTER) return end
    if (top === TOP.collector) {
      if (b === QUOTE) this.#collector = this.#text()
    } else if (top === TOP.seq) {
      if (isNumber(b) && Number.isSafeInteger(lexer.value)) this.#seq = lexer.value
    } else {
      const ours = this.#trusted
      const ms = b === QUOTE ? readTime(lexer.text()) : isNumber(b) ? readTime(lexer.value, ours) : undefined
      if (top === TOP.received_at) this.#receivedAt = ms ?? Number.NaN
      else if (ms !== undefined) this.#time = ms
      else if (isNumber(b)) this.#wrong(`time must be ${TIMES}, found ${lexer.value}`)
      else this.#wrong(`time must be ${TIMES}, found ${this.#found()}${b === QUOTE ? flawOf(lexer.text()) : ''}`)
    }
    if (isNumber(b) && !Number.isFinite(lexer.value)) this.#compactor.beyond = true
    return end
  }

  #words(i: number): number {
    const { dictionary } = this.#builder.batch
    const near = this.#tagReader.read(this.lexer, dictionary, i, this.#bounds.tags)
    if (near >= 0) {
      this.#tags = this.#tagReader.code
      return near
    }
    const end = this.#compactor.copy(i, 2)
    if (this.#compactor.repeated) return end
    const tags = readTags(JSON.parse(this.#copied()) as Json, this.#bounds.tags)
    if (tags === undefined) return end
    if ('reason' in tags) this.#refuse(tags)
    else this.#tags = dictionary.jsonText(JSON.stringify(tags))
    return end
  }

  #info(i: number): number {
    const { lexer } = this
    const { bytes } = lexer
    if (bytes[i] === QUOTE) return this.#message(i)
    if (bytes[i] === OPEN) {
      this.#compactor.descend(i, 2)
      const first = lexer.space(i + 1)
      return bytes[first] === CLOSE ? first + 1 : this.#cells.members(i, this.#builder.batch.schema.root, 2)
    }
    const end = this.#compactor.copy(i, 2)
    if (bytes[i] !== NULL_LETTER) this.#wrong(`additional_info must be an object, found ${this.#found()}`)
    return end
  }

  /** A bare string. */
  #message(i: number): number {
    const { schema } = this.#builder.batch
    return this.#cells.value(i, schema.child(schema.root, 'message'), 2)
  }

  /** The code of the string read last. */
  #text(): number {
    const { source, from, to, hash, sourceView } = this.lexer
    return this.#builder.batch.dictionary.addHashed(source, from, to, 0, hash, sourceView)
  }

  /** What the compactor copied last. */
  #copied(): string {
    return this.#compactor.out.toString('utf8', 0, this.#compactor.length)
  }

  /** For messages: what the compactor copied last. */
  #found(): string {
    return kindOf(JSON.parse(this.#copied()) as Json)
  }

  #wrong(reason: string): void {
    this.#refuse({ kind: 'event', reason })
  }

  #refuse(refusal: Refusal): void {
    this.refusal ??= refusal
  }
}

/** The reason where an event is too long. */
export function tooLong({ line }: Bounds): string {
  return `longer than ${line} bytes`
}
