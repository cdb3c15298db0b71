import type { Flight } from './flight.ts'

/** Where a canary must come by, in the order of the way. */
export const STAGES = ['journal', 'live', 'query', 'history'] as const
export type StageName = (typeof STAGES)[number]

interface Waiting {
  readonly flight: Flight
  /** Since when it is to come by here. */
  readonly since: number
}

export interface StageOptions {
  /** One of {@link STAGES}, or the name of a way in. */
  name: string
  /** ms after which one that has not come by is missing. */
  limit: number
  /** ms for which a fault is said at least, so that it is heard. */
  hold: number
}

/** So many are waited for at most; beyond, every second is let go of, never the oldest. */
const MOST = 64

/** What must come by at one place, and whether it does. Its times are the canary's own, in ms. */
export class Stage {
  readonly name: string
  readonly limit: number
  readonly #hold: number
  #waiting: Waiting[] = []
  #fault: { message: string; at: number } | undefined
  #failingSince: number | undefined
  /** Why the last look did not find what was looked for. */
  trouble: string | undefined
  /** How many came by, and how many never will. */
  back = 0
  lost = 0
  /** ms the last one took. */
  took: number | undefined

  constructor({ name, limit, hold }: StageOptions) {
    this.name = name
    this.limit = limit
    this.#hold = hold
  }

  get oldest(): Flight | undefined {
    return this.#waiting[0]?.flight
  }

  get newest(): Flight | undefined {
    return this.#waiting.at(-1)?.flight
  }

  /** What is said of it beyond being late. */
  get fault(): string | undefined {
    return this.#fault?.message
  }

  /** Since when it fails; undefined while it does not. */
  get failingSince(): number | undefined {
    return this.#failingSince
  }

  /** ms for which the oldest has been waited for. */
  behind(now: number): number {
    const [first] = this.#waiting
    return first === undefined ? 0 : Math.max(0, now - first.since)
  }

  /** One is to come by from now on. */
  expect(flight: Flight, now: number): void {
    this.#waiting.push({ flight, since: now })
    if (this.#waiting.length > MOST) this.#waiting = this.#waiting.filter((_, i) => i % 2 === 0)
  }

  /** One came by: those before it are not waited for any more. @returns how many those were */
  found(flight: Flight, now: number): number {
    const at = this.#waiting.findIndex(waiting => waiting.flight === flight)
    if (at < 0) return 0
    this.took = now - this.#waiting[at]!.since
    this.#waiting.splice(0, at + 1)
    this.trouble = undefined
    this.back++
    return at
  }

  /** One will never come by, or came in a way it must not. */
  failed(flight: Flight, message: string, now: number): void {
    this.#waiting = this.#waiting.filter(waiting => waiting.flight !== flight)
    this.#fault = { message, at: now }
    this.lost++
  }

  /** None is waited for any more; but where it fails, only one that comes by makes it well. */
  forget(): void {
    if (this.#failingSince === undefined) this.#waiting = []
  }

  of(id: string): Flight | undefined {
    return this.#waiting.find(({ flight }) => flight.id === id)?.flight
  }

  /** Looks at the time. @returns what has changed by it, and for how long the stage had failed */
  judge(now: number): { change: 'failed' } | { change: 'recovered'; after: number } | undefined {
    if (this.#fault !== undefined && now - this.#fault.at > this.#hold) this.#fault = undefined
    const since = this.#failingSince
    // Well again is what is well within the limit: at the limit it would come and go.
    const late = this.behind(now) > (since === undefined ? this.limit : this.limit / 2)
    if (!late && this.#fault === undefined) {
      this.#failingSince = undefined
      return since === undefined ? undefined : { change: 'recovered', after: now - since }
    }
    if (since !== undefined) return undefined
    this.#failingSince = late ? this.#waiting[0]!.since : this.#fault!.at
    return { change: 'failed' }
  }
}
