import { Distinct, type Query, type Scalar, type State } from '@telltale/query'
import type { Entry } from './entry.ts'
import type { Span } from './horizon.ts'
import { PaneSketch } from './pane-sketch.ts'
import type { StandingStats } from './stats.ts'

/** A standing query with all it holds, as plain JSON data. */
export interface SavedQuery {
  readonly name: string
  readonly query: Query
  readonly span: Span
  /** Events up to this seq are in it, or do not count. */
  readonly after: number
  readonly stats: StandingStats
  /** What was earlier had passed out of it, in ms; absent where nothing does. */
  readonly from?: number
  readonly entries: readonly SavedEntry[]
}

interface SavedEntry {
  readonly key: readonly Scalar[]
  readonly starts: readonly number[]
  readonly panes: readonly State[][]
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

/** A key with its panes as plain data of its own. */
export function savedEntry({ key, starts, panes }: Entry): SavedEntry {
  const plain = (state: State): State => {
    if (state instanceof PaneSketch) return state.plain()
    return state instanceof Distinct ? state.toJSON() : structuredClone(state)
  }
  return { key, starts: [...starts], panes: panes.map(states => states.map(plain)) }
}
