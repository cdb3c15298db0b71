import type { Clock } from '@telltale/event'
import type { Intake } from '@telltale/pipeline'

/** What a channel is given when it starts. */
export interface ChannelContext {
  intake: Intake
  clock: Clock
  /** For a person to read, one line. */
  log(message: string): void
}

/** A way in. Made by a factory of its own name: `udp({ port: 7576 })`. */
export interface Channel {
  /** Unique among the running channels: `udp`, `file:/var/log/app.log`. */
  readonly name: string
  /** Resolves once it receives; rejects with a sentence that says what to do (port taken …). */
  start(context: ChannelContext): Promise<void>
  /** Stops receiving; resolves once everything received has been handed to the intake. */
  stop(): Promise<void>
  /** Where it listens, once started: `udp://127.0.0.1:7576`. */
  readonly address?: string
}
