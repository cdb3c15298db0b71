import type { Query, Scalar, State } from '@telltale/query'
import type { Span } from './horizon.ts'
import type { StandingStats } from './standing.ts'

/** A standing query with all it holds, as plain JSON data. */
export interface SavedQuery {
  readonly name: string
  readonly query: Query
  readonly span: Span
  /** Events up to this seq are in it, or do not count. */
  readonly after: number
  readonly stats: StandingStats
  readonly entries: readonly {
    readonly key: readonly Scalar[]
    readonly starts: readonly number[]
    readonly panes: readonly State[][]
  }[]
}

/** All that stands, as plain JSON data. */
export interface Saved {
  readonly version: 1
  /** Events up to this seq have been seen. */
  readonly seq: number
  /** Whose seq that is. */
  readonly collector: string
  readonly queries: readonly SavedQuery[]
  /** Watches for change and state machines: what each of their keys was. */
  readonly machines: readonly SavedMachine[]
}

export interface SavedMachine {
  readonly name: string
  /** What it follows, so that it takes its state back only while that is the same. */
  readonly of: string
  readonly after: number
  readonly states: readonly (readonly [text: string, values: readonly Scalar[], state: unknown])[]
}
