import { BOUNDS, type Json, toPlain } from '@telltale/event'
import { nearest, readBytes, readDuration } from '@telltale/query'

/** What a setting may be. */
export interface Kind<T = unknown> {
  /** For messages and documents: `a whole number from 1 up`. */
  readonly expected: string
  /** What a value means. @throws a sentence with the place, what was expected and what was found */
  read(value: unknown, place: string): T
  /** The settings in it, where it is a group. */
  readonly settings?: Settings
  /** It must not be left out. */
  readonly needed?: true
}

export interface Setting {
  readonly kind: Kind
  /** One line for the documents. */
  readonly meaning: string
}

/** Settings by their name: what is not in such a table is no setting. */
export type Settings = Readonly<Record<string, Setting>>

export function setting(kind: Kind, meaning = ''): Setting {
  return { kind, meaning }
}

/** One of a table's settings each; those that are undefined are left out. */
export function group<T>(settings: Settings): Kind<T> {
  const expected = `an object of ${Object.keys(settings).join(', ')}`
  return {
    expected,
    settings,
    read(value, place) {
      const read: Record<string, unknown> = {}
      for (const [name, each] of entries(value, place, expected)) {
        if (!Object.hasOwn(settings, name)) throw new Error(unknown(name, place, Object.keys(settings)))
        read[name] = settings[name]!.kind.read(each, within(place, name))
      }
      for (const [name, { kind }] of Object.entries(settings))
        if (kind.needed && !Object.hasOwn(read, name)) kind.read(undefined, within(place, name))
      return read as T
    },
  }
}

/** Any number of a kind, by names that the user chooses. */
export function named<T>(kind: Kind<T>, key: string): Kind<Record<string, T>> {
  const expected = `an object that has ${kind.expected} for each ${key}`
  return {
    expected,
    read: (value, place) =>
      Object.fromEntries(
        entries(value, place, expected).map(([name, each]) => [name, kind.read(each, within(place, name))]),
      ),
  }
}

export function list<T>(kind: Kind<T>, things: string): Kind<T[]> {
  const expected = `an array of ${things}`
  return {
    expected,
    read(value, place) {
      if (!Array.isArray(value)) throw wrong(place, expected, kindOf(value))
      return Array.from(value, (each, i) => kind.read(each, `${place}[${i}]`))
    },
  }
}

/** One of a kind, or an array of them. */
export function oneOrMore<T>(kind: Kind<T>, things: string): Kind<T | T[]> {
  const many = list(kind, things)
  const expected = `${kind.expected}, or ${many.expected}`
  return {
    expected,
    read(value, place) {
      if (Array.isArray(value)) return many.read(value, place)
      if (typeof value === 'object') throw wrong(place, expected, kindOf(value))
      return kind.read(value, place)
    },
  }
}

/** … that must not be left out. */
export function needed<T>(kind: Kind<T>): Kind<T> {
  return { ...kind, needed: true }
}

/** `false`, or what the kind says. */
export function orFalse<T>(kind: Kind<T>): Kind<T | false> {
  const expected = `false, or ${kind.expected}`
  return {
    expected,
    ...(kind.settings && { settings: kind.settings }),
    read(value, place) {
      if (value === false) return false
      if (typeof value !== 'object' || value === null) throw wrong(place, expected, quote(value))
      return kind.read(value, place)
    },
  }
}

/** Whatever a test lets pass, as it is. */
export function that<T>(
  expected: string,
  test: (value: unknown) => boolean,
  found: (value: unknown) => string = quote,
): Kind<T> {
  return {
    expected,
    read(value, place) {
      if (!test(value)) throw wrong(place, expected, found(value))
      return value as T
    },
  }
}

export const text: Kind<string> = that('a text that is not empty', value => typeof value === 'string' && value !== '')
/** A text that no message quotes. */
export const secret: Kind<string> = that(text.expected, value => typeof value === 'string' && value !== '', kindOf)
export const above0: Kind<number> = that('a number above 0', value => typeof value === 'number' && value > 0)

/** A function of the user's. */
export const code: Kind<never> = that('code, as in event => …', value => typeof value === 'function', kindOf)

export function oneOf(...words: readonly string[]): Kind<string> {
  return that(`one of ${words.map(quote).join(', ')}`, value => words.includes(value as string))
}

export function whole(least: number, most: number): Kind<number> {
  return that(
    `a whole number from ${least} to ${most}`,
    value => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  )
}

/** How many, of what there may be without end. */
export function count(least: number): Kind<number> {
  return that(
    `a whole number from ${least} up`,
    value => (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && (value as number) >= least,
  )
}

/** Read as a number. */
export function bytes(least = 1, most: number = Number.POSITIVE_INFINITY): Kind<number> {
  const bounds = [least > 1 ? ` of at least ${size(least)}` : '', most < Infinity ? ` of at most ${size(most)}` : '']
  return measured(`bytes or a size such as "512MB"${bounds.join('')}`, readBytes, ms => ms >= least && ms <= most)
}

/** Read as ms. */
export const duration: Kind<number> = measured('ms or a time such as "5s"', readDuration, ms => ms > 0)

function measured(expected: string, read: (text: string) => number | undefined, fits: (n: number) => boolean) {
  return {
    expected,
    read(value: unknown, place: string): number {
      const number = typeof value === 'string' ? read(value) : value
      if (typeof number !== 'number' || !fits(number)) throw wrong(place, expected, quote(value))
      return number
    },
  } satisfies Kind<number>
}

/** Anything that JSON can say. */
export const json: Kind<Json> = {
  expected: 'what JSON can say',
  read(value, place) {
    const plain = typeof value === 'function' || typeof value === 'symbol' ? undefined : toPlain(value, BOUNDS)
    if (plain === undefined || 'reason' in plain)
      throw wrong(place, `${this.expected}${plain === undefined ? '' : ` (${plain.reason})`}`, quote(value))
    return plain.value
  },
}

function entries(value: unknown, place: string, expected: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(place, expected, kindOf(value))
  return Object.entries(value).filter(([, each]) => each !== undefined)
}

function unknown(name: string, place: string, names: readonly string[]): string {
  const near = nearest(name, names)
  const hint = near === undefined ? '' : `did you mean "${near}"? `
  return `${place === '' ? '' : `${place}: `}there is no setting "${name}"; ${hint}there are ${names.join(', ')}`
}

function within(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`
}

function wrong(place: string, expected: string, found: string): Error {
  return new Error(`${place === '' ? '' : `${place}: `}expected ${expected}, found ${found}`)
}

function size(bytes: number): string {
  return bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20}MiB` : `${bytes / 1e6}MB`
}

/** For messages: what came, as its author wrote it, about. */
function quote(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' && typeof value !== 'boolean') return kindOf(value)
  const written = JSON.stringify(value)
  return written.length > 60 ? `${written.slice(0, 57)}…` : written
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
