import { isJsonLine } from '@telltale/channels'
import { readCombined } from './combined.ts'

export type Format = 'auto' | 'json' | 'plain' | 'combined'
export const FORMATS: readonly Format[] = ['auto', 'json', 'plain', 'combined']

/** In characters. Of a line that is longer nobody knows whether it is read. */
const SURE = 256 * 1024

interface Defaults {
  format: Format
  type?: string
  hostname?: string
}

/**
 * How a line becomes an event's JSON: what is meant as JSON as it is, broken or not, as in every channel; access-log lines
 * (Apache and nginx, common and combined) taken apart, everything else as a message. Empty lines become nothing.
 */
export function lineReader(defaults: Defaults): (line: string) => string | undefined {
  const { format, type, hostname } = defaults
  const named = { ...(type === undefined ? {} : { type }), ...(hostname === undefined ? {} : { hostname }) }
  return whole => {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole
    if (line.trim() === '') return undefined
    if (format === 'json' || (format === 'auto' && isJsonLine(line))) return withDefaults(line, named)
    const entry = format === 'combined' || format === 'auto' ? readCombined(line) : undefined
    return JSON.stringify(
      entry === undefined ? { ...named, additional_info: { message: line } } : { ...entry, ...named },
    )
  }
}

type Named = Readonly<Record<string, string>>

/** Puts defaults before the sender's own keys, where the sender's win; the text of an object is left as it is. */
function withDefaults(line: string, named: Named): string {
  if (Object.keys(named).length === 0) return line
  let event: unknown
  try {
    event = JSON.parse(line)
  } catch {
    return line // broken: its sender should hear why
  }
  if (typeof event === 'string') return JSON.stringify({ ...named, additional_info: { message: event } })
  if (Array.isArray(event)) return `[${event.map(each => withDefaults(JSON.stringify(each), named)).join()}]`
  return typeof event === 'object' && event !== null ? besideKeys(line, event, named) : line
}

function besideKeys(line: string, event: object, named: Named): string {
  const missing = Object.entries(named).filter(([key]) => !Object.hasOwn(event, key))
  if (missing.length === 0) return line
  const given = JSON.stringify(Object.fromEntries(missing)).slice(0, -1)
  const rest = line.trimStart().slice(1)
  return Object.keys(event).length === 0 ? `${given}}` : `${given},${rest}`
}

/**
 * How many events a server counts in a line, accepted or rejected; undefined where that cannot be told: what is broken may
 * be several, or swallow what looks like more of it.
 */
export function eventsIn(line: string): number | undefined {
  if (line.length > SURE) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return Array.isArray(value) ? value.length : 1
  } catch {
    return undefined
  }
}
