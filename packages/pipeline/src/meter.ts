import { Rate } from './rate.ts'

/** Counts what a stage, processor or listener did and how long it took. */
export class Meter {
  events = 0
  errors = 0
  ms = 0
  /** Events a second, of late. */
  rate = 0
  readonly #rate = new Rate()

  /** @returns a mark to hand to {@link stop} */
  start(): number {
    return performance.now()
  }

  stop(started: number, events = 1): void {
    this.ms += performance.now() - started
    this.events += events
  }

  failed(): void {
    this.errors++
  }

  /** To be called once a second, with ms since some moment. */
  tick(at: number): void {
    this.rate = this.#rate.tick(this.events, at)
  }

  read(): Measured {
    return { events: this.events, errors: this.errors, ms: Math.round(this.ms * 1e3) / 1e3, rate: this.rate }
  }
}

/** What a meter says. */
export interface Measured {
  events: number
  errors: number
  /** Time it took, all together. */
  ms: number
  /** Events a second, over the last ten seconds. */
  rate: number
}
