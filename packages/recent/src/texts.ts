import { Dictionary, FALSE, FIRST_TEXT, type Json, NULL, TRUE } from '@telltale/event'

/**
 * The texts of one column, known by code from {@link FIRST_TEXT} on; codes below are the constants of
 * `@telltale/event`'s dictionary. A text is a string, or JSON (an array or an empty object).
 */
export interface Texts {
  /** Codes in use, the constants included. */
  readonly size: number
  /** All texts, end to end, as UTF-8. */
  readonly bytes: Buffer
  /** Where the text of a code starts; it ends where the next starts. */
  start(code: number): number
  isJson(code: number): boolean
  /** Whether any text is JSON. */
  readonly anyJson: boolean
  text(code: number): string
}

/** What a cell of this code holds; the code must not be that of a number. */
export function constantOrText(texts: Texts, code: number): Json {
  if (code === NULL) return null
  if (code === FALSE) return false
  if (code === TRUE) return true
  return texts.isJson(code) ? (JSON.parse(texts.text(code)) as Json) : texts.text(code)
}

/** Texts count as all different after so many new ones; one that was known outweighs some. */
const DIFFERENT = 1024
const KNOWN = 8
/** Of texts that are all different only one in so many is looked up. */
const SAMPLE = 16

/** Texts still growing: a dictionary with its hash table. They are read once frozen. */
export class OpenTexts {
  readonly dictionary: Dictionary
  #fresh = 0
  #calls = 0

  constructor(room: number) {
    this.dictionary = new Dictionary(room)
  }

  get size(): number {
    return this.dictionary.size
  }

  /** The code of a batch's text. Where texts have proven all different they are added without a look. */
  adopt(batch: Dictionary, code: number): number {
    const { dictionary } = this
    if (this.#fresh >= DIFFERENT && ++this.#calls % SAMPLE !== 0) return dictionary.append(batch, code)
    const next = dictionary.size
    const own = dictionary.adopt(batch, code)
    if (own < next) this.#fresh = Math.max(0, this.#fresh - KNOWN)
    else if (this.#fresh < DIFFERENT) this.#fresh++
    return own
  }

  frozen(): Texts {
    return new FrozenTexts(this.dictionary)
  }
}

/** The texts there were at some moment, whatever was added later. */
class FrozenTexts implements Texts {
  readonly size: number
  readonly bytes: Buffer
  readonly #offsets: Uint32Array
  readonly #json: Uint8Array

  constructor({ size, bytes, offsets, json }: Dictionary) {
    this.size = size
    this.bytes = bytes
    this.#offsets = offsets
    this.#json = json
  }

  get anyJson(): boolean {
    const at = this.#json.indexOf(1, FIRST_TEXT)
    return at >= 0 && at < this.size
  }

  start(code: number): number {
    return this.#offsets[code]!
  }

  isJson(code: number): boolean {
    return this.#json[code] === 1
  }

  text(code: number): string {
    return this.bytes.toString('utf8', this.#offsets[code]!, this.#offsets[code + 1]!)
  }
}

const NO_BYTES = Buffer.alloc(0)

/** Texts that no longer change: bytes and offsets only. Where all are equally long there are no offsets either. */
export class SealedTexts implements Texts {
  readonly size: number
  readonly bytes: Buffer
  readonly #offsets: Uint32Array | undefined
  readonly #width: number
  /** One flag a text, or one for all. */
  readonly #json: Uint8Array | boolean

  private constructor(size: number, bytes: Buffer, offsets: Uint32Array, json: Uint8Array) {
    this.size = size
    this.bytes = bytes
    this.#width = widthOf(offsets)
    this.#offsets = this.#width >= 0 ? undefined : offsets
    this.#json = allEqual(json) ? json[0] === 1 : json
  }

  /** The texts of these codes, in this order; without `codes`, all of them in their own. */
  static of(texts: OpenTexts, codes?: Uint32Array): SealedTexts {
    const { bytes, offsets, json, size, used } = texts.dictionary
    if (codes === undefined || inOrder(codes, size)) {
      const exact = used === 0 ? NO_BYTES : Buffer.allocUnsafeSlow(used)
      bytes.copy(exact, 0, 0, used)
      return new SealedTexts(size, exact, offsets.slice(FIRST_TEXT, size + 1), json.slice(FIRST_TEXT, size))
    }
    const starts = startsOf(codes, offsets)
    const exact = Buffer.allocUnsafeSlow(starts[codes.length]!)
    copyTexts(codes, offsets, bytes, exact)
    return new SealedTexts(FIRST_TEXT + codes.length, exact, starts, flagsOf(codes, json))
  }

  get byteLength(): number {
    const flags = typeof this.#json === 'boolean' ? 0 : this.#json.byteLength
    return this.bytes.length + (this.#offsets?.byteLength ?? 0) + flags
  }

  start(code: number): number {
    const i = code - FIRST_TEXT
    return this.#offsets === undefined ? i * this.#width : this.#offsets[i]!
  }

  get anyJson(): boolean {
    return this.#json !== false
  }

  isJson(code: number): boolean {
    return typeof this.#json === 'boolean' ? this.#json : this.#json[code - FIRST_TEXT] === 1
  }

  text(code: number): string {
    return this.bytes.toString('utf8', this.start(code), this.start(code + 1))
  }
}

function startsOf(codes: Uint32Array, offsets: Uint32Array): Uint32Array {
  const starts = new Uint32Array(codes.length + 1)
  let at = 0
  for (let i = 0; i < codes.length; i++) starts[i + 1] = at += offsets[codes[i]! + 1]! - offsets[codes[i]!]!
  return starts
}

function copyTexts(codes: Uint32Array, offsets: Uint32Array, from: Buffer, to: Buffer): void {
  let at = 0
  for (let i = 0; i < codes.length; i++) {
    const end = offsets[codes[i]! + 1]!
    for (let byte = offsets[codes[i]!]!; byte < end; byte++) to[at++] = from[byte]!
  }
}

function flagsOf(codes: Uint32Array, json: Uint8Array): Uint8Array {
  const flags = new Uint8Array(codes.length)
  for (let i = 0; i < codes.length; i++) flags[i] = json[codes[i]!]!
  return flags
}

function allEqual(flags: Uint8Array): boolean {
  for (let i = 1; i < flags.length; i++) if (flags[i] !== flags[0]) return false
  return true
}

/** How long each text is, -1 where they differ. */
function widthOf(offsets: Uint32Array): number {
  const width = offsets.length > 1 ? offsets[1]! : 0
  for (let i = 1; i < offsets.length; i++) if (offsets[i] !== i * width) return -1
  return width
}

/** Whether these are all codes there are, each once, in their order. */
function inOrder(codes: Uint32Array, size: number): boolean {
  if (codes.length !== size - FIRST_TEXT) return false
  for (let i = 0; i < codes.length; i++) if (codes[i] !== FIRST_TEXT + i) return false
  return true
}
