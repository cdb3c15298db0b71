import { FIRST_TEXT } from '@telltale/event'
import { fold, type Steps } from '@telltale/query'
import type { Texts } from '../texts.ts'

/** Above so many texts it pays to search through all their bytes at once. */
const FEW = 256
/** Bytes that are searched in a step; searching regardless of case takes longer. */
const PIECE = 1 << 20
const FOLDED = 1 << 18

/** Calls with every code whose text is these bytes and a string. */
export function* equalling(texts: Texts, wanted: Buffer, call: (code: number) => void): Steps<void> {
  const check = (code: number): void => {
    const start = texts.start(code)
    if (texts.start(code + 1) - start !== wanted.length || texts.isJson(code)) return
    if (texts.bytes.compare(wanted, 0, wanted.length, start, start + wanted.length) === 0) call(code)
  }
  if (wanted.length > 0 && texts.size > FEW) yield* containing(texts, wanted, check)
  else for (let code = FIRST_TEXT; code < texts.size; code++) check(code)
}

/** Calls with every code whose text contains these bytes: all texts are searched through at once. */
export function* containing(texts: Texts, wanted: Buffer, call: (code: number) => void): Steps<void> {
  const found = new Hits(texts, wanted.length, call)
  if (wanted.length === 0) return found.all()
  const { bytes } = texts
  const end = texts.start(texts.size)
  for (let from = 0; from < end; from += PIECE) {
    const piece = bytes.subarray(from, Math.min(end, from + PIECE + wanted.length - 1))
    for (let at = piece.indexOf(wanted); at >= 0; at = piece.indexOf(wanted, at)) {
      at = found.next(from + at) - from
      if (found.count % HITS === 0) yield
    }
    yield
  }
}

/** Hits to a step. */
const HITS = 1024

/**
 * As {@link containing}, regardless of case, of a folded text of ASCII alone.
 * @returns whether it could: not where a text holds letters that fold to ASCII without being it
 */
export function* containingFolded(texts: Texts, wanted: string, call: (code: number) => void): Steps<boolean> {
  const { bytes } = texts
  const end = texts.start(texts.size)
  for (const odd of ODD) if (wanted.includes(fold(odd)) && bytes.subarray(0, end).includes(odd)) return false
  const found = new Hits(texts, wanted.length, call)
  for (let from = 0; from < end; from += FOLDED) {
    // As Latin 1 a byte is a letter; those beyond ASCII never turn into ASCII.
    const piece = bytes.toString('latin1', from, Math.min(end, from + FOLDED + wanted.length - 1)).toLowerCase()
    for (let at = piece.indexOf(wanted); at >= 0; at = piece.indexOf(wanted, at)) {
      at = found.next(from + at) - from
      if (found.count % HITS === 0) yield
    }
    yield
  }
  return true
}

/** The letters that fold to one of ASCII: the Kelvin sign, and I with a dot. */
const ODD = ['\u212a', '\u0130']

/** From places in all texts' bytes to the codes of the texts there. */
class Hits {
  count = 0
  readonly #texts: Texts
  readonly #length: number
  readonly #call: (code: number) => void

  constructor(texts: Texts, length: number, call: (code: number) => void) {
    this.#texts = texts
    this.#length = length
    this.#call = call
  }

  all(): void {
    for (let code = FIRST_TEXT; code < this.#texts.size; code++) this.#call(code)
  }

  /** Takes a place where the bytes wanted were found. @returns where to look on */
  next(at: number): number {
    this.count++
    const code = codeAround(this.#texts, at)
    const next = this.#texts.start(code + 1)
    if (at + this.#length > next) return at + 1
    this.#call(code)
    return next
  }
}

/** The code whose text this byte belongs to. */
function codeAround(texts: Texts, byte: number): number {
  let low = FIRST_TEXT
  let high = texts.size - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (texts.start(middle) <= byte) low = middle
    else high = middle - 1
  }
  return low
}
