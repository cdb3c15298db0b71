import type { AggregateCall, QueryError, Scalar, Window } from '@telltale/query'
import { followed } from './machine.ts'
import type { Standing } from './standing.ts'
import type { Standings } from './standings.ts'

/** A number, or another value, with a name: what a standing query of one row says now. */
export interface Named<T> {
  readonly name: string
  read(): T
  /** Ends it; what it knew is gone. */
  stop(): void
}

/** What a meter reads: events since it began, and events per second over the last minutes. */
export interface Metered {
  readonly count: number
  readonly m1: number
  readonly m5: number
  readonly m15: number
}

/** How many events there were since it began. @param filter which; default every one */
export function counter(set: Standings, name: string, filter = ''): Named<number> | QueryError {
  return named(set, name, filter, call('count'))
}

/** The value a field had last; null before it had one. @param filter of which events; default every one */
export function gauge(set: Standings, name: string, field: string, filter = ''): Named<Scalar> | QueryError {
  return named(set, name, filter, call('last', field))
}

/** How many events there were, and how often they came of late. @param filter which; default every one */
export function meter(set: Standings, name: string, filter = ''): Named<Metered> | QueryError {
  const parts: Named<number>[] = []
  for (const [part, window] of Object.entries(SPANS)) {
    const one = named<number>(set, `${name}/${part}`, filter, call(window === undefined ? 'count' : 'rate'), window)
    if ('message' in one) {
      for (const { stop } of parts) stop()
      return one
    }
    parts.push(one)
  }
  return {
    name,
    read() {
      const [count, m1, m5, m15] = parts.map(({ read }) => read())
      return { count: count!, m1: m1!, m5: m5!, m15: m15! }
    },
    stop() {
      for (const { stop } of parts) stop()
    },
  }
}

function minutes(n: number): Window {
  return { kind: 'sliding', ms: n * 60_000, every: n * 1000 }
}

const SPANS: Readonly<Record<keyof Metered, Window | undefined>> = {
  count: undefined,
  m1: minutes(1),
  m5: minutes(5),
  m15: minutes(15),
}

function call(fn: string, field?: string): AggregateCall {
  return { kind: 'aggregate', fn, args: field === undefined ? [] : [{ kind: 'field', name: field }], name: 'value' }
}

function named<T>(
  set: Standings,
  name: string,
  filter: string,
  aggregate: AggregateCall,
  window?: Window,
): Named<T> | QueryError {
  const query = followed(filter, [])
  if ('message' in query) return query
  const one = set.stand(name, { ...query, aggregates: [aggregate], ...(window === undefined ? {} : { window }) })
  return 'message' in one ? one : { name, read: () => only(one) as T, stop: one.stop }
}

/** The last cell of its only row. */
function only(one: Standing): unknown {
  return one.result().rows[0]?.at(-1) ?? null
}
