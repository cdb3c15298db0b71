import type { Event } from '@telltale/event'
import { ofEvent, valuer } from './match.ts'
import { compareScalars, scalarOf } from './order.ts'
import { plan } from './plan.ts'
import type { Query, Scalar } from './tree.ts'

/**
 * The order of the events a query returns: by its `sort`, then newest first (time, then seq, both descending). What has
 * no value to sort by comes last either way.
 */
export function newestFirst(query: Query): (a: Event, b: Event) => number {
  const keys = plan(query).order.map(({ value, descending }) => ({ value: valuer(value, ofEvent), descending }))
  return (a, b) => {
    for (const { value, descending } of keys) {
      const order = compareSorted(scalarOf(value(a)), scalarOf(value(b)), descending)
      if (order !== 0) return order
    }
    return b.time - a.time || (b.seq ?? 0) - (a.seq ?? 0)
  }
}

/** The order of two cells of a sorted column: null last in either direction. */
export function compareSorted(a: Scalar, b: Scalar, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return descending ? compareScalars(b, a) : compareScalars(a, b)
}
