import type { Problem } from '@telltale/event'
import type { Sender } from './intake.ts'

/** An input that was not taken. */
export interface Reject {
  received_at: number
  channel: string
  address: string
  kind: Problem['kind']
  reason: string
  /** The start of what came. */
  sample: string
}

/** The latest rejects, and how many there were since last asked. */
export class Rejects {
  readonly #limit: number
  readonly #latest: Reject[] = []
  #fresh = new Map<string, { reject: Reject; count: number }>()

  /** @param limit how many are kept to be shown */
  constructor(limit = 1000) {
    this.#limit = limit
  }

  add(problems: readonly Problem[], sender: Sender, now: number): void {
    for (const { kind, reason, sample } of problems) {
      const reject = { received_at: now, channel: sender.channel, address: sender.address, kind, reason, sample }
      this.#latest.push(reject)
      const key = `${sender.channel} ${kind}`
      const known = this.#fresh.get(key)
      if (known === undefined) this.#fresh.set(key, { reject, count: 1 })
      else known.count++
    }
    if (this.#latest.length > this.#limit * 2) this.#latest.splice(0, this.#latest.length - this.#limit)
  }

  /** Newest first. */
  list(limit = 100): Reject[] {
    return this.#latest.slice(-Math.min(limit, this.#limit)).reverse()
  }

  /** What came since the last call, one per channel and kind: the material of `rejected` events. */
  drain(): { reject: Reject; count: number }[] {
    const fresh = [...this.#fresh.values()]
    this.#fresh = new Map()
    return fresh
  }
}
