import type { SeenEvent } from './event.ts'
import { bytes, number } from './format.ts'

/** Where senders put what a person wants to read first. */
const MESSAGES = [
  'message',
  'msg',
  'body',
  'error.message',
  'exception.message',
  'error',
  'exception',
  'reason',
  'title',
  'text',
  'sentence',
  'description',
  'statement',
  'sql',
  'line',
  'backtrace',
  'stacktrace',
  'name',
]
const URLS = ['url', 'path', 'uri', 'request', 'http.url', 'http.path', 'url.path', 'route', 'page']
const METHODS = ['method', 'http.method', 'verb', 'http.request.method']
const STATUSES = ['status', 'http.status', 'status_code', 'http.status_code', 'http.response.status_code', 'code']
const SECONDS = ['execution_time', 'duration_s', 'elapsed']
const MILLISECONDS = ['duration', 'duration_ms', 'pause_ms', 'elapsed_ms', 'response_time', 'took', 'ms']

/** One line that says what happened; at most `limit` characters, never a line break. */
export function summary(event: SeenEvent, limit = 240): string {
  const info = event.additional_info ?? {}
  const said = first(info, MESSAGES)
  const url = first(info, URLS)
  const parts = [first(info, METHODS), url && shortUrl(url), first(info, STATUSES)].filter(Boolean)
  const took = duration(info)
  let line: string
  if (said !== undefined) line = said
  else if (url !== undefined) line = [parts.join(' '), took].filter(Boolean).join(' · ')
  else line = pairs(info)
  line = line.trim().split('\n', 1)[0]!.replace(/\s+/g, ' ')
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line
}

/** The value at a dotted path; a key that itself has dots is found too. */
export function valueAt(info: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(info, path)) return info[path]
  let at: unknown = info
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}

/** Every leaf of an object with its dotted path, in order. An array is a leaf. */
export function* leaves(value: Record<string, unknown>, under = '', depth = 0): Generator<readonly [string, unknown]> {
  for (const [key, item] of Object.entries(value)) {
    const path = under === '' ? key : `${under}.${key}`
    if (typeof item === 'object' && item !== null && !Array.isArray(item) && depth < 32) {
      yield* leaves(item as Record<string, unknown>, path, depth + 1)
    } else yield [path, item]
  }
}

function first(info: Record<string, unknown>, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = valueAt(info, path)
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return String(value)
  }
  return undefined
}

function shortUrl(url: string): string {
  return url.replace(/^https?:\/\/[^/]+(?=\/)/, '')
}

function duration(info: Record<string, unknown>): string | undefined {
  const seconds = first(info, SECONDS)
  const ms = seconds === undefined ? first(info, MILLISECONDS) : undefined
  if (seconds !== undefined && Number.isFinite(Number(seconds))) return `${number(round(Number(seconds)))} s`
  return ms !== undefined && Number.isFinite(Number(ms)) ? `${number(round(Number(ms)))} ms` : undefined
}

const round = (n: number) => Number(n.toPrecision(3))

/** `key value` of the first few leaves; bytes and percentages in their unit where the key's name says so. */
function pairs(info: Record<string, unknown>): string {
  const words: string[] = []
  for (const [path, value] of leaves(info)) {
    if (words.length === 6) {
      words.push('…')
      break
    }
    words.push(`${path} ${shown(path, value)}`)
  }
  return words.join(' · ')
}

function shown(path: string, value: unknown): string {
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value)
  if (/bytes$|_size$|heap|rss/.test(path)) return bytes(value)
  return /percent$/.test(path) ? `${number(round(value))} %` : number(round(value))
}
