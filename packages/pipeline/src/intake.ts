import type { EventInput, Problem } from '@telltale/event'
import type { Strand } from './strand.ts'

/** Who brings events in. */
export interface Sender {
  /** The channel's name: `http`, `udp` … */
  channel: string
  /** The sender's address; the hostname of events that name none. */
  address: string
  /** Type of events that name none. Default `unknown`. */
  type?: string
  /** Set by who tells how much of all that it sent is in: see {@link Strand}. */
  strand?: Strand
}

/** What became of some bytes. */
export interface Taken {
  accepted: number
  refused: number
  /** Why those refused were, for the first thousand of them. */
  problems: Problem[]
  /** Resolves once every accepted event is in the journal; rejects where that failed. */
  journaled: Promise<void>
}

/** Telltale can't take events now: the journal is full, failing or behind. */
export interface Busy {
  reason: string
  /** Seconds until it may be worth trying again. */
  retryAfter: number
}

/** The one door into the pipeline: every channel hands what it receives to this. */
export interface Intake {
  /**
   * Scans whole events (NDJSON, a JSON array, or JSON values) into the batch being gathered; that batch goes on its way
   * within about a millisecond. The bytes may be reused by the caller at return.
   * A channel must ask {@link Intake.busy} first and refuse, wait or count a drop where it is set.
   */
  take(bytes: Uint8Array, sender: Sender): Taken
  /** The same for events already at hand as objects. */
  add(events: readonly EventInput[], sender: Sender): Taken
  /** Counts and keeps what a channel had to refuse before it could be handed over (lines too long to be held), and whose sender is told. */
  refuse(problems: readonly Problem[], sender: Sender): Taken
  /** Set while the journal pushes back. */
  readonly busy: Busy | undefined
  /** Resolves when it no longer is. */
  ready(): Promise<void>
  /** Counts events a channel, or the system's kernel, had to drop (UDP while busy), with the reason. */
  dropped(channel: string, events: number, reason: string, by?: 'telltale' | 'kernel'): void
  /** Counts a connection that a channel closed at once because it has too many, with the reason. */
  turnedAway(channel: string, reason: string): void
}
