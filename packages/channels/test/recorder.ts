import { batchOf, type Event, type EventInput, type Origin, type Problem, scan, wallClock } from '@telltale/event'
import type { Busy, Intake, Sender, Taken } from '@telltale/pipeline'
import type { ChannelContext } from '../src/index.ts'

/** A true intake without a pipeline: it scans into batches, journals when it is told to, and remembers everything. */
export class Recorder implements Intake {
  events: Event[] = []
  senders: Sender[] = []
  problems: { reason: string; index: number }[] = []
  drops: { channel: string; events: number; reason: string }[] = []
  away: { channel: string; reason: string }[] = []
  takes = 0
  busy: Busy | undefined
  /** While set, what is taken is not journaled until {@link journal}. */
  hold = false
  #ready: (() => void)[] = []
  #held: { done: () => void; fail: (error: Error) => void }[] = []

  take(bytes: Uint8Array, sender: Sender): Taken {
    if (this.busy) throw new Error('BUG: taken while busy')
    return this.#keep(sender, origin => scan(bytes, origin))
  }

  add(events: readonly EventInput[], sender: Sender): Taken {
    return this.#keep(sender, origin => {
      const { batch, problems } = batchOf(events, origin)
      return { batch, problems, accepted: batch.length, refused: problems.length }
    })
  }

  refuse(problems: readonly Problem[]): Taken {
    this.problems.push(...problems)
    return { accepted: 0, refused: problems.length, problems: [...problems], journaled: Promise.resolve() }
  }

  #keep(sender: Sender, read: (origin: Origin) => ReturnType<typeof scan>): Taken {
    this.takes++
    const { batch, refused, problems } = read({
      hostname: sender.address,
      receivedAt: wallClock.now(),
      ...(sender.type === undefined ? {} : { type: sender.type }),
    })
    for (let row = 0; row < batch.length; row++) {
      this.events.push(batch.event(row))
      this.senders.push(sender)
    }
    this.problems.push(...problems)
    const journaled = this.hold ? new Promise<void>((done, fail) => this.#held.push({ done, fail })) : Promise.resolve()
    return { accepted: batch.length, refused, problems, journaled }
  }

  get held(): number {
    return this.#held.length
  }

  /** Journals what is held, or fails to. */
  journal(error?: Error): void {
    for (const { done, fail } of this.#held.splice(0)) error ? fail(error) : done()
  }

  pushBack(reason = 'the journal is full'): void {
    this.busy = { reason, retryAfter: 1 }
  }

  goOn(): void {
    this.busy = undefined
    for (const ready of this.#ready.splice(0)) ready()
  }

  ready(): Promise<void> {
    return this.busy ? new Promise(resolve => this.#ready.push(resolve)) : Promise.resolve()
  }

  dropped(channel: string, events: number, reason: string): void {
    this.drops.push({ channel, events, reason })
  }

  turnedAway(channel: string, reason: string): void {
    this.away.push({ channel, reason })
  }
}

export interface TestContext extends ChannelContext {
  intake: Recorder
  logs: string[]
}

export function testContext(): TestContext {
  const logs: string[] = []
  return { intake: new Recorder(), clock: wallClock, logs, log: message => logs.push(message) }
}

/** Waits until something is so; a test that waits in vain runs into its time-out with the reason. */
export async function until(so: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (so()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`waited in vain: ${what}`)
}
