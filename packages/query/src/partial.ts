import type { Event } from '@telltale/event'
import type { Scalar } from './tree.ts'

/** The state of one aggregate over some events, as plain JSON data. What is inside only its aggregate knows. */
export type State = unknown

/** One group of an aggregate query, before its result is computed. */
export interface Group {
  /** A value per key of `by`, then the bucket's start in ms if there is a tumbling window. null where the field is missing. */
  readonly key: readonly Scalar[]
  /**
   * A state per aggregate of the query; those that share one (see `Call.slot`) hold the same object. For `over 100 events`
   * a single state: the events kept.
   */
  readonly states: State[]
}

/**
 * What an evaluator makes of the events it holds: mergeable with what others make of theirs. Ring and history, panes of
 * a window and collectors all combine through this.
 */
export type Partial =
  | { readonly kind: 'groups'; readonly groups: ReadonlyMap<string, Group>; readonly scanned: number }
  /** Newest first (time, then seq, descending), at most the query's limit of them. */
  | { readonly kind: 'events'; readonly events: readonly Event[]; readonly scanned: number }

/** Which events count: a span of event time, and a span of sequence numbers (the seam). */
export interface Scope {
  /** ms, inclusive. */
  readonly from: number
  /** ms, exclusive. */
  readonly to: number
  /** ms. Where there is no end, rates are over the time up to now. */
  readonly now?: number
  /** Only seq > this. Default 0. */
  readonly afterSeq?: number
  /** Only seq ≤ this. Default no bound. */
  readonly uptoSeq?: number
}

/** The answer, as interface.md has it. */
export interface Result {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
}
