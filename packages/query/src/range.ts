import type { Scope } from './partial.ts'
import type { Query } from './tree.ts'

/** Times asked for from outside, in ms; what is absent is unbounded. */
export interface Outer {
  readonly from?: number
  /** Exclusive. */
  readonly to?: number
}

/**
 * Which events a query asks for: its own range, else the outer one. Where it has a sliding window, `from` is early
 * enough for the first window to be complete.
 */
export function rangeOf(query: Query, outer: Outer, now: number): Scope {
  const { range, window } = query
  const from =
    range === undefined ? (outer.from ?? Number.NEGATIVE_INFINITY) : range.kind === 'last' ? now - range.ms : range.from
  const to = range === undefined ? (outer.to ?? Number.POSITIVE_INFINITY) : range.kind === 'last' ? now : range.to
  if (window?.kind !== 'sliding') return to === Number.POSITIVE_INFINITY ? { from, to, now } : { from, to }
  return { from: Math.floor(from / window.every) * window.every - (window.ms - window.every), to }
}
