import { parseSpan, span } from '../text/format.ts'

/** When: up to now, or between two times in ms. */
export type Range =
  | { readonly kind: 'last'; readonly ms: number }
  | { readonly kind: 'between'; readonly from: number; readonly to: number }

/** All of what a person looks at; the page's address says it, so a link shows another person the same. */
export interface Place {
  readonly view: 'live' | 'host' | 'rejected'
  readonly query: string
  readonly range: Range
  /** ms the tape shows. */
  readonly span: number
  /** What a row of the tape is. */
  readonly rows: 'type' | 'host'
  /** The host of the host view, '' for the first. */
  readonly host: string
}

export const HOME: Place = {
  view: 'live',
  query: '',
  range: { kind: 'last', ms: 900_000 },
  span: 300_000,
  rows: 'type',
  host: '',
}
const VIEWS: readonly string[] = ['live', 'host', 'rejected']

/** `#/live?q=type+%3D+gc&range=15m&span=5m&rows=type`; what is as at home is left out. */
export function toHash(place: Place): string {
  const said = new URLSearchParams()
  if (place.query !== HOME.query) said.set('q', place.query)
  const range = rangeText(place.range)
  if (range !== rangeText(HOME.range)) said.set('range', range)
  if (place.span !== HOME.span) said.set('span', span(place.span))
  if (place.rows !== HOME.rows) said.set('rows', place.rows)
  if (place.host !== HOME.host) said.set('host', place.host)
  return `#/${place.view}${said.size > 0 ? `?${said}` : ''}`
}

/** Never fails: what is not understood is as at home. */
export function fromHash(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s)
  const said = new URLSearchParams(search)
  const spanMs = parseSpan(said.get('span') ?? '')
  return {
    view: VIEWS.includes(path) ? (path as Place['view']) : HOME.view,
    query: said.get('q') ?? HOME.query,
    range: parseRange(said.get('range') ?? '') ?? HOME.range,
    span: spanMs !== undefined && spanMs >= 10_000 && spanMs <= 86_400_000 ? spanMs : HOME.span,
    rows: said.get('rows') === 'host' ? 'host' : 'type',
    host: said.get('host') ?? '',
  }
}

/** `15m`, or two ISO times with `..` between. */
export function rangeText(range: Range): string {
  return range.kind === 'last'
    ? span(range.ms)
    : `${new Date(range.from).toISOString()}..${new Date(range.to).toISOString()}`
}

export function parseRange(text: string): Range | undefined {
  const ms = parseSpan(text)
  if (ms !== undefined && ms <= 400 * 86_400_000) return { kind: 'last', ms }
  const [from, to] = text.split('..').map(part => Date.parse(part))
  return from !== undefined && to !== undefined && from < to ? { kind: 'between', from, to } : undefined
}

/** The two times a range means at `now`, in ms. */
export function rangeAt(range: Range, now: number): { from: number; to: number } {
  return range.kind === 'last' ? { from: now - range.ms, to: now } : range
}

/** As the API takes it. */
export function rangeQuestion(range: Range): { from: string | number; to?: number } {
  return range.kind === 'last' ? { from: `-${span(range.ms)}` } : { from: range.from, to: range.to }
}
