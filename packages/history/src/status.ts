import type { EngineState } from './engine/engine.ts'

/** How it is with the history at this moment. */
export interface HistoryStatus {
  readonly engine: EngineState
  /** Events in the journal that history does not hold yet. */
  readonly waiting: number
  readonly waitingBytes: number
  readonly flushedSeq: number
  readonly refused: number
  /** Events a disk changed while they waited in the journal. */
  readonly damaged: number
  /** Parts of the table that could not be read and were set aside. */
  readonly detached: readonly string[]
  /** Events that answers lack because of those, at most. */
  readonly missing: number
  /** Events that the table had and has no more, though nobody let go of them. */
  readonly lost: number
  /** Why events wait in the journal though they were offered: a damaged part, a full disk; undefined where none do. */
  readonly stuck: string | undefined
}
