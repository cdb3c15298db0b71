import { Batch } from './batch.ts'
import { FALSE, NULL, TRUE } from './dictionary.ts'
import { BOUNDS, type Bounds, type Event, type Json, type JsonObject, type Origin, type Problem } from './event.ts'
import { type Path, Schema, type Shape } from './schema.ts'
import { readTime } from './time.ts'

/** Events as code may write them: any part may be missing, keys may stand at top level, a bare string is a message. */
export type EventInput = string | Partial<Event> | JsonObject

type Refusal = Pick<Problem, 'reason' | 'kind'>

/** What one event says, its keys sorted into places, before it becomes a row. */
interface Read {
  type: string
  hostname: string
  time: number
  receivedAt: number
  tags: string[]
  md5: string
  info: JsonObject
}

/** Builds a batch row by row, from objects. The scanner does the same from bytes. */
export class BatchBuilder {
  readonly batch: Batch
  readonly #bounds: Bounds

  constructor(bounds: Bounds = BOUNDS, rows = 16) {
    this.#bounds = bounds
    this.batch = new Batch(rows, Schema.shared())
  }

  /** Adds one event. @returns why not, where it is none */
  add(input: unknown, origin: Origin): Refusal | undefined {
    const read = readEvent(input as Json, origin, this.#bounds)
    if ('reason' in read) return read
    const { batch } = this
    const { dictionary } = batch
    batch.reserve()
    const row = batch.length
    batch.type[row] = dictionary.string(read.type)
    batch.hostname[row] = dictionary.string(read.hostname)
    batch.tags[row] = dictionary.jsonText(JSON.stringify(read.tags))
    batch.md5[row] = dictionary.string(read.md5)
    batch.time[row] = read.time
    batch.receivedAt[row] = read.receivedAt
    batch.shapes[row] = this.#values(row, batch.schema.empty, batch.schema.root, read.info).id
    batch.length++
    return undefined
  }

  #values(row: number, shape: Shape, parent: Path, object: JsonObject): Shape {
    const { batch } = this
    const { schema, dictionary } = batch
    let at = shape
    for (const key of Object.keys(object)) {
      const value = object[key] as Json | undefined
      if (value === undefined || typeof value === 'function') continue
      const path = schema.child(parent, key)
      if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
        at = this.#values(row, at, path, value)
        continue
      }
      at = schema.step(at, path)
      const column = batch.ensure(path)
      if (typeof value === 'number') column.pushNumber(row, value)
      else if (typeof value === 'string') column.pushCode(row, dictionary.string(value))
      else if (value === null) column.pushCode(row, NULL)
      else if (typeof value === 'boolean') column.pushCode(row, value ? TRUE : FALSE)
      else column.pushCode(row, dictionary.jsonText(JSON.stringify(value)))
    }
    return at
  }
}

/** A batch of events given as objects; those that are none come back as problems. */
export function batchOf(
  inputs: readonly EventInput[],
  origin: Origin,
  bounds: Bounds = BOUNDS,
): { batch: Batch; problems: Problem[] } {
  const builder = new BatchBuilder(bounds, inputs.length)
  const problems: Problem[] = []
  inputs.forEach((input, index) => {
    const refusal = builder.add(input, origin)
    if (refusal !== undefined) problems.push({ index, ...refusal, sample: sampleOf(input) })
  })
  return { batch: builder.batch, problems }
}

function sampleOf(input: unknown): string {
  return (JSON.stringify(input) ?? String(input)).slice(0, 200)
}

/** Sorts what a client sent into the places of an event. The law for the scanner too. */
function readEvent(input: Json, origin: Origin, bounds: Bounds): Read | Refusal {
  if (typeof input === 'string') return plain({ message: input }, origin)
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return wrong(`an event must be an object or a string, found ${kindOf(input)}`)
  const tooBig = measure(input, bounds)
  if (tooBig !== undefined) return tooBig
  const read = plain({}, origin)
  const given = Object.hasOwn(input, 'additional_info') ? input['additional_info'] : undefined
  if (typeof given === 'string') read.info['message'] = given
  else if (typeof given === 'object' && given !== null && !Array.isArray(given)) read.info = { ...given }
  else if (given !== undefined && given !== null)
    return wrong(`additional_info must be an object, found ${kindOf(given)}`)
  let time: number | undefined
  for (const key of Object.keys(input)) {
    const value = input[key]
    if (value === undefined || key === 'additional_info') continue
    switch (key) {
      case 'type':
      case 'hostname':
      case 'md5': {
        if (value === null || value === '') break
        if (typeof value !== 'string' && typeof value !== 'number')
          return wrong(`${key} must be a string, found ${kindOf(value)}`)
        read[key] = String(value)
        break
      }
      case 'time': {
        if (value === null) break
        time = readTime(value)
        if (time === undefined) return wrong(`time must be ms since the epoch or ISO 8601, found ${quote(value)}`)
        break
      }
      case 'tags': {
        if (value === null) break
        const tags = typeof value === 'string' ? [value] : value
        if (!Array.isArray(tags)) return wrong(`tags must be an array of strings, found ${kindOf(value)}`)
        const bad = tags.findIndex(tag => typeof tag !== 'string')
        if (bad >= 0) return wrong(`tags[${bad}] must be a string, found ${kindOf(tags[bad] as Json)}`)
        read.tags = [...new Set(tags as string[])]
        if (read.tags.length > bounds.tags)
          return { kind: 'bound', reason: `${read.tags.length} tags, at most ${bounds.tags} are taken` }
        break
      }
      default: {
        if (origin.trusted && (key === 'received_at' || key === 'seq' || key === 'collector')) {
          if (key === 'received_at') read.receivedAt = readTime(value) ?? origin.receivedAt
          break
        }
        if (Object.hasOwn(read.info, key)) {
          if (JSON.stringify(read.info[key]) === JSON.stringify(value)) break
          return wrong(`"${key}" stands both at top level and in additional_info, with different values`)
        }
        Object.defineProperty(read.info, key, { value, writable: true, enumerable: true, configurable: true })
      }
    }
  }
  read.time = time ?? read.receivedAt
  return read
}

function plain(info: JsonObject, origin: Origin): Read {
  const { hostname, receivedAt, type = 'unknown' } = origin
  return { type, hostname, time: receivedAt, receivedAt, tags: [], md5: '', info }
}

function measure(value: Json, bounds: Bounds): Refusal | undefined {
  let keys = 0
  const walk = (at: Json, depth: number): Refusal | undefined => {
    if (typeof at === 'number' && !Number.isFinite(at)) return wrong('a number is beyond what a double holds')
    if (typeof at !== 'object' || at === null) return undefined
    if (depth > bounds.depth) return { kind: 'bound', reason: `nested deeper than ${bounds.depth} levels` }
    if (!Array.isArray(at)) keys += Object.keys(at).length
    if (keys > bounds.keys) return { kind: 'bound', reason: `more than ${bounds.keys} keys` }
    for (const item of Array.isArray(at) ? at : Object.values(at)) {
      const refusal = walk(item as Json, depth + 1)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }
  return walk(value, 1)
}

function wrong(reason: string): Refusal {
  return { kind: 'event', reason }
}

function kindOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `${typeof value} ${quote(value)}`
}

function quote(value: Json): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
