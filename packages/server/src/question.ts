import { parse, type Query, rangeOf, type Scope } from '@telltale/query'
import { MOMENT_FORMS, readMoment } from './moment.ts'
import { type Refusal, refusal } from './refuse.ts'

/** A query as a request brings it. */
export interface Question {
  query: Query
  scope: Scope
  /** The limit that the query itself names; that of `query` may be smaller. */
  own: number | undefined
  /** Nobody named a limit: rows beyond the default one are cut. */
  cut: boolean
}

/** What a request may say; everything is optional. */
export interface Asked {
  query?: unknown
  from?: unknown
  to?: unknown
  limit?: unknown
}

/** The OpenAPI of {@link Asked} in a query string. */
export const QUERY_STRING: { type: string; properties: Record<string, { type: string; description?: string }> } = {
  type: 'object',
  properties: {
    query: { type: 'string', description: 'a filter or query, see docs/query.md; empty means everything' },
    from: { type: 'string', description: MOMENT_FORMS },
    to: { type: 'string', description: 'exclusive' },
    limit: { type: 'string', description: 'at most this many rows' },
  },
}

/** Rows of an answer where the query names no limit. */
const MOST_ROWS = 10_000

/**
 * Understands a request: text to tree, range and limit. A range in the query itself wins over the request's; with
 * neither, all of time is meant.
 */
export function readQuestion(asked: Asked, now: number): Question | Refusal {
  const { query: text = '' } = asked
  if (typeof text !== 'string') return refusal(`query must be a string, found ${JSON.stringify(text)}`)
  const { query, error } = parse(text)
  if (error !== undefined) return refusal(error.message, error.hint, error.position)
  const from = moment('from', asked.from, now)
  if (typeof from === 'object') return from
  const to = moment('to', asked.to, now)
  if (typeof to === 'object') return to
  const limit = rows(asked.limit)
  if (typeof limit === 'object') return limit
  const most = Math.min(query.limit ?? Number.POSITIVE_INFINITY, limit ?? MOST_ROWS)
  const limited = query.limit === undefined || limit !== undefined ? { ...query, limit: most } : query
  const outer = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  return {
    query: limited,
    scope: rangeOf(query, outer, now),
    own: query.limit,
    cut: most === MOST_ROWS && limit === undefined && query.limit === undefined,
  }
}

function rows(given: unknown): number | undefined | Refusal {
  if (given === undefined || given === null) return undefined
  const limit = typeof given === 'string' || typeof given === 'number' ? Number(given) : Number.NaN
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000_000) return limit
  return refusal(`limit must be a whole number from 1 to 1000000, found ${JSON.stringify(given)}`)
}

/** What is to be said of an answer that may have been cut: without `sort` the rows left out may be the greatest. */
export function cutCoverage({ cut }: Pick<Question, 'cut'>, rows: number, coverage: string): string {
  if (!cut || rows < MOST_ROWS || coverage !== 'exact') return coverage
  return `not covered: there may be more than these ${MOST_ROWS} rows; sort in the query to choose which, or name a limit`
}

function moment(name: string, given: unknown, now: number): number | undefined | Refusal {
  if (given === undefined || given === null || given === '') return undefined
  const ms = typeof given === 'string' || typeof given === 'number' ? readMoment(given, now) : undefined
  return ms ?? refusal(`${name} must be ${MOMENT_FORMS}; found ${JSON.stringify(given)}`)
}
