import { readCombined } from './combined.ts'

export type Format = 'auto' | 'json' | 'plain' | 'combined'
export const FORMATS: readonly Format[] = ['auto', 'json', 'plain', 'combined']

interface Defaults {
  format: Format
  type?: string
  hostname?: string
}

/**
 * How a line becomes an event's JSON: JSON objects as they are, access-log lines (Apache and nginx, common and combined)
 * taken apart, everything else as a message. Empty lines become nothing.
 */
export function lineReader(defaults: Defaults): (line: string) => string | undefined {
  const { format, type, hostname } = defaults
  const named = { ...(type === undefined ? {} : { type }), ...(hostname === undefined ? {} : { hostname }) }
  return whole => {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole
    if (line.trim() === '') return undefined
    if (format === 'json' || (format === 'auto' && isObject(line))) return withDefaults(line, named)
    const entry = format === 'combined' || format === 'auto' ? readCombined(line) : undefined
    return JSON.stringify(
      entry === undefined ? { ...named, additional_info: { message: line } } : { ...entry, ...named },
    )
  }
}

function isObject(line: string): boolean {
  if (!line.trimStart().startsWith('{')) return false
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** Puts defaults before the sender's own keys, where the sender's win; the text itself is left as it is. */
function withDefaults(line: string, named: Record<string, string>): string {
  if (Object.keys(named).length === 0) return line
  try {
    const event = JSON.parse(line) as Record<string, unknown>
    const missing = Object.entries(named).filter(([key]) => !Object.hasOwn(event, key))
    if (missing.length === 0 || Array.isArray(event)) return line
    const given = JSON.stringify(Object.fromEntries(missing)).slice(0, -1)
    const rest = line.trimStart().slice(1)
    return Object.keys(event).length === 0 ? `${given}}` : `${given},${rest}`
  } catch {
    return line
  }
}
