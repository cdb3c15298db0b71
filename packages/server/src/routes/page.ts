import type { Query } from '@telltale/query'
import { after } from '../ask.ts'
import type { Question } from '../question.ts'
import { type Refusal, refusal } from '../refuse.ts'

/** Where a page of events ended: what comes after is older. */
interface Place {
  /** Of the last event, in ms. */
  time: number
  seq: number
  /** Events that the query's own limit still allows; undefined where it has none. */
  left?: number
}

type Listed = readonly { time: number; seq?: number }[]

/** What is to be asked for one page, and what may be made of the answer. */
export interface Page {
  query: Query
  /** The cursor of the page after this one; undefined where there is none, a refusal where there can be none. */
  next(events: Listed): string | undefined | Refusal
}

const CURSOR = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})(?:\.([0-9a-z]{1,11}))?$/

/** Pages are of `question.query.limit` events; together they hold as many as the query's own limit allows. */
export function pageOf({ query, own }: Question, cursor: string | undefined): Page | Refusal {
  const place = cursor === undefined ? undefined : readCursor(cursor)
  if (cursor !== undefined && place === undefined)
    return refusal(`cursor "${cursor}" is none of ours`, 'use the cursor of the answer before')
  const size = query.limit!
  if (query.sort.length > 0) return place === undefined ? onlyPage(query, size, own) : notPaged()
  const left = own === undefined ? undefined : Math.min(own, place?.left ?? own)
  const most = Math.min(size, left ?? size)
  const rest = place === undefined ? query : after(query, place.time, place.seq)
  return {
    query: { ...rest, limit: most },
    next(events) {
      const last = events.at(-1)
      if (last === undefined || events.length < most || events.length === left) return undefined
      const { time, seq = 0 } = last
      return printCursor(left === undefined ? { time, seq } : { time, seq, left: left - events.length })
    },
  }
}

/** One event more than fits tells whether there are more: there is no other page to find out by. */
function onlyPage(query: Query, size: number, own: number | undefined): Page {
  const limit = own !== undefined && own <= size ? own : size + 1
  return { query: { ...query, limit }, next: events => (events.length > size ? notPaged() : undefined) }
}

/** A cursor says where among the newest a page ended; in another order that says nothing. */
function notPaged(): Refusal {
  return refusal(
    'sorted events cannot be paged, and there are more of them than fit on one page',
    'leave out sort, ask for fewer with "| limit n", or POST the query to /v1/query',
  )
}

function printCursor({ time, seq, left }: Place): string {
  const numbers = [Math.round(time * 1e3), seq, ...(left === undefined ? [] : [left])]
  return numbers.map(number => number.toString(36)).join('.')
}

function readCursor(text: string): Place | undefined {
  const match = CURSOR.exec(text)
  if (match === null) return undefined
  const [time, seq, left] = match
    .slice(1)
    .map(digits => (digits === undefined ? undefined : Number.parseInt(digits, 36)))
  const place = { time: time! / 1e3, seq: seq! }
  return left === undefined ? place : { ...place, left }
}
