import { TOP_KEYS } from './event.ts'
import { Word } from './words.ts'

/** The keys an event has at its top, numbered; from `additional_info` on they are anybody's to say, before that only a trusted sender's. */
export const TOP = {
  none: 0,
  received_at: 1,
  seq: 2,
  collector: 3,
  additional_info: 4,
  type: 5,
  hostname: 6,
  time: 7,
  tags: 8,
  md5: 9,
} as const
export type Top = (typeof TOP)[keyof typeof TOP]

interface Key {
  bytes: Buffer
  top: Top
}

const BY_LENGTH: Key[][] = Array.from({ length: 16 }, () => [])
for (const name of TOP_KEYS)
  BY_LENGTH[name.length]!.push({ bytes: Buffer.from(name), top: TOP[name as keyof typeof TOP] })
const NONE: Key[] = []

/** Which top-level key these bytes are. */
export function topKey(source: Buffer, from: number, to: number): Top {
  const keys = BY_LENGTH[to - from] ?? NONE
  for (let k = 0; k < keys.length; k++) {
    const { bytes, top } = keys[k]!
    let i = 0
    while (i < bytes.length && bytes[i] === source[from + i]) i++
    if (i === bytes.length) return top
  }
  return TOP.none
}

/** Whether a top-level key has a place of its own; if not, it moves into additional_info. */
export function isKnown(key: string, trusted: boolean): boolean {
  return TOP_KEYS.includes(key) && believed(TOP[key as keyof typeof TOP], trusted)
}

/** Whether this key is taken at its word. */
export function believed(top: Top, trusted: boolean): boolean {
  return top >= TOP.additional_info || (trusted && top !== TOP.none)
}

export function nameOf(top: Top): string {
  return NAMES[top]!
}

const NAMES: string[] = ['']
for (const name of TOP_KEYS) NAMES[TOP[name as keyof typeof TOP]] = name
/** Each key as JSON writes it, with the colon. */
export const WORDS: readonly Word[] = NAMES.map(name => new Word(`${JSON.stringify(name)}:`))

/** Senders write keys in the same order again and again: which followed each last time. */
export class TopPrediction {
  readonly #next: Top[] = Object.values(TOP).map(() => TOP.none)

  /** The key that followed this one last time; none where nothing did yet. */
  after(top: Top): Top {
    return this.#next[top]!
  }

  learn(before: Top, top: Top): void {
    this.#next[before] = top
  }
}
