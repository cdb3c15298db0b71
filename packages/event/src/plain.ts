import type { Bounds, Json, JsonObject } from './event.ts'
import type { Refusal } from './law.ts'
import { tooLong } from './reader.ts'

/** Characters of `\\u0000`, the longest that JSON makes of one; of the longest number, with what stands beside it. */
const ESCAPED = 6
const NUMBER = 32
const LONE = /\p{Surrogate}/u

/** What JSON would make of any value: well-formed strings and keys, toJSON asked, what JSON can't say left out; or why it is too much. */
export function toPlain(input: unknown, bounds: Bounds): { value: Json } | Refusal {
  let keys = 0
  // Of its text, without what JSON escapes, and where all is escaped.
  let least = 0
  let most = 0
  let refusal: Refusal | undefined
  const refuse = (kind: Refusal['kind'], reason: string): null => {
    refusal ??= { kind, reason }
    return null
  }

  /** Told before anybody goes through a text of any length. */
  function textOf(text: string): string | null {
    least += text.length + 2
    most += text.length * ESCAPED + 2
    return least > bounds.line ? refuse('bound', tooLong(bounds)) : wellFormed(text)
  }

  /** undefined: nothing that JSON can say. */
  function plain(at: unknown, depth: number, asked = false): Json | undefined {
    if (refusal !== undefined) return null
    switch (typeof at) {
      case 'string':
        return textOf(at)
      case 'number':
        return Number.isFinite(at) ? at + 0 : refuse('event', 'a number is beyond what a double holds')
      case 'boolean':
        return at
      case 'bigint':
        return Number(at)
      case 'object':
        break
      default:
        return undefined
    }
    if (at === null) return null
    if (!asked && 'toJSON' in at && typeof at.toJSON === 'function') return plain(at.toJSON(), depth, true)
    if (depth > bounds.depth) return refuse('bound', `nested deeper than ${bounds.depth} levels`)
    if (Array.isArray(at)) {
      least += at.length + 1
      most += at.length * NUMBER
      if (least > bounds.line) return refuse('bound', tooLong(bounds))
      return at.map(item => plain(item, depth + 1) ?? null)
    }
    const object: JsonObject = {}
    for (const key of Object.keys(at)) {
      const value = plain((at as Record<string, unknown>)[key], depth + 1)
      if (value === undefined) continue
      if (++keys > bounds.keys) return refuse('bound', `more than ${bounds.keys} keys`)
      most += NUMBER
      const name = textOf(key)
      if (name === null) return null
      Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
    }
    return object
  }

  const value = plain(input, 1)
  if (refusal !== undefined) return refusal
  if (most > bounds.line && Buffer.byteLength(JSON.stringify(value) ?? '') > bounds.line)
    return { kind: 'bound', reason: tooLong(bounds) }
  return { value: value ?? null }
}

function wellFormed(text: string): string {
  return LONE.test(text) ? Buffer.from(text).toString() : text
}
