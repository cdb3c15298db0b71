import type { Bounds, Json, JsonObject, Origin, Problem } from './event.ts'
import { flawOf, readTime, TIMES, toMicros } from './time.ts'

/** Why something is no event. */
export type Refusal = Pick<Problem, 'reason' | 'kind'>

/** What one event says, its keys sorted into places. */
export interface Said {
  type: string
  hostname: string
  time: number
  receivedAt: number
  tags: string[]
  md5: string
  info: JsonObject
  /** Only of a trusted sender. */
  seq?: number
  collector?: string
}

/** Sorts what a client sent into the places of an event. The law; the scanner follows it without making objects. */
export function readEvent(input: Json, origin: Origin, bounds: Bounds): Said | Refusal {
  const said = silent(origin)
  if (typeof input === 'string') {
    said.info['message'] = input
    return said
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return wrong(`an event must be an object or a string, found ${kindOf(input)}`)
  const given = Object.hasOwn(input, 'additional_info') ? input['additional_info'] : undefined
  if (typeof given === 'string') said.info['message'] = given
  else if (typeof given === 'object' && given !== null && !Array.isArray(given)) said.info = { ...given }
  else if (given !== undefined && given !== null)
    return wrong(`additional_info must be an object, found ${kindOf(given)}`)
  let time: number | undefined
  for (const key of Object.keys(input)) {
    const value = input[key]
    if (value === undefined || key === 'additional_info') continue
    switch (key) {
      case 'type':
      case 'hostname':
      case 'md5':
        if (value === null || value === '') break
        if (typeof value !== 'string' && typeof value !== 'number')
          return wrong(`${key} must be a string, found ${kindOf(value)}`)
        said[key] = String(value)
        break
      case 'time':
        if (value === null) break
        time = readTime(value, origin.trusted)
        if (time === undefined) return wrong(`time must be ${TIMES}, found ${quote(value)}${flawOf(value)}`)
        break
      case 'tags': {
        const tags = readTags(value, bounds.tags)
        if (tags !== undefined && 'reason' in tags) return tags
        said.tags = tags ?? []
        break
      }
      default: {
        if (origin.trusted && stamp(said, key, value)) break
        if (Object.hasOwn(said.info, key)) {
          if (JSON.stringify(said.info[key]) === JSON.stringify(value)) break
          return conflict(key)
        }
        Object.defineProperty(said.info, key, { value, writable: true, enumerable: true, configurable: true })
      }
    }
  }
  said.time = time ?? said.receivedAt
  return said
}

/** The tags a value says, each once; undefined where it says nothing. Empty words say nothing. */
export function readTags(value: Json, most: number): string[] | Refusal | undefined {
  if (value === null) return undefined
  const words = typeof value === 'string' ? [value] : value
  if (!Array.isArray(words)) return wrong(`tags must be an array of strings, found ${kindOf(value)}`)
  const bad = words.findIndex(word => typeof word !== 'string')
  if (bad >= 0) return wrong(`tags[${bad}] must be a string, found ${kindOf(words[bad]!)}`)
  const tags = [...new Set(words as string[])].filter(word => word !== '')
  if (tags.length > most) return { kind: 'bound', reason: `${tags.length} tags, at most ${most} are taken` }
  return tags
}

/** A key stands in two places and says two things. */
export function conflict(key: string): Refusal {
  return wrong(`${quote(key)} stands both at top level and in additional_info, with different values`)
}

/** For messages: what kind of value came, and the start of it. */
export function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `${typeof value} ${quote(value)}`
}

/** What only a trusted sender may say. @returns whether the key is such */
function stamp(said: Said, key: string, value: Json): boolean {
  switch (key) {
    case 'received_at':
      said.receivedAt = readTime(value, true) ?? said.receivedAt
      return true
    case 'seq':
      if (Number.isSafeInteger(value)) said.seq = value as number
      return true
    case 'collector':
      if (typeof value === 'string') said.collector = value
      return true
    default:
      return false
  }
}

function silent(origin: Origin): Said {
  const { hostname, type = 'unknown' } = origin
  const receivedAt = toMicros(origin.receivedAt)
  return { type, hostname, time: receivedAt, receivedAt, tags: [], md5: '', info: {} }
}

function wrong(reason: string): Refusal {
  return { kind: 'event', reason }
}

function quote(value: Json): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
