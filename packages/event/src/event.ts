/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

/** One event, as a plain object. Inside Telltale events travel as rows of a {@link Batch}; this is what user code and the outside see. */
export interface Event {
  /** What kind of thing happened; `unknown` where nothing says. */
  type: string
  /** Who says so. */
  hostname: string
  /** When it happened, in ms since the epoch, kept to the microsecond. */
  time: number
  /** When Telltale received it, in ms since the epoch. */
  received_at: number
  /** A set of words. */
  tags: string[]
  /** What happened: equal md5 means "the same thing again". Empty until calculated. */
  md5: string
  additional_info: JsonObject
  /** Rises by one per collector; absent until the event is journaled. */
  seq?: number
  /** Which collector received it. With `seq` it is unique. */
  collector?: string
}

/** The keys an event has at its top, in the order they are written. */
export const TOP_KEYS: readonly string[] = [
  'seq',
  'collector',
  'type',
  'hostname',
  'time',
  'received_at',
  'tags',
  'md5',
  'additional_info',
]

/** What is taken for granted about events that do not say it themselves. */
export interface Origin {
  /** Given to events that name no host: the sender's address. */
  hostname: string
  /** ms since the epoch. */
  receivedAt: number
  /** Given to events that name no type. Default `unknown`. */
  type?: string
  /** The sender is Telltale itself (its journal, an export, the library's own user): `received_at`, `seq` and `collector` are believed, and a time that is a number is ms. Elsewhere they are data. */
  trusted?: boolean
}

/** Every bound an event must keep. All are configurable. */
export interface Bounds {
  /** Bytes of one event's text. */
  line: number
  /** Levels of nesting; the event itself is the first. */
  depth: number
  /** Keys in one event, all levels together. */
  keys: number
  tags: number
  /** How many problems of one input are told; the others are only counted. Default 1,000. */
  problems?: number
}
export const BOUNDS: Bounds = { line: 256 * 1024, depth: 32, keys: 1024, tags: 64 }

/** Why one event was not taken. */
export interface Problem {
  /** Which event of the input, from 0. */
  index: number
  /** What was wrong, where, and what was expected, in one sentence. */
  reason: string
  /** `syntax`: it is not JSON. `event`: it is JSON but no event. `bound`: it breaks a bound. */
  kind: 'syntax' | 'event' | 'bound'
  /** The start of what came, at most 200 characters. */
  sample: string
}
