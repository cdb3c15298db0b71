import { batchOf, type EventInput, type Origin, type Problem, scan } from '@telltale/event'
import type { Busy, Intake, Sender, Taken } from '@telltale/pipeline'

/** An intake that scans and counts, keeps nothing, and has journaled at once. */
export class Counting implements Intake {
  readonly busy: Busy | undefined = undefined
  accepted = 0
  refused = 0
  drops = 0
  last = ''

  take(bytes: Uint8Array, sender: Sender): Taken {
    return this.#count(scan(bytes, originOf(sender)))
  }

  add(events: readonly EventInput[], sender: Sender): Taken {
    const { batch, problems } = batchOf(events, originOf(sender))
    return this.#count({ batch, problems, accepted: batch.length, refused: problems.length })
  }

  refuse(problems: readonly Problem[]): Taken {
    this.refused += problems.length
    return { accepted: 0, refused: problems.length, problems: [...problems], journaled: Promise.resolve() }
  }

  #count({ batch, accepted, refused, problems }: ReturnType<typeof scan>): Taken {
    this.accepted += accepted
    this.refused += refused
    if (batch.length > 0) this.last = batch.event(batch.length - 1).type
    return { accepted, refused, problems, journaled: Promise.resolve() }
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  dropped(_channel: string, events: number): void {
    this.drops += events
  }

  turnedAway(): void {}
}

function originOf({ address, type }: Sender): Origin {
  return { hostname: address, receivedAt: 1e12, ...(type === undefined ? {} : { type }) }
}
