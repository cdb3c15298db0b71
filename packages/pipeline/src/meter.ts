/** Counts what a stage, processor or listener did and how long it took. */
export class Meter {
  events = 0
  errors = 0
  ms = 0

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

  read(): { events: number; errors: number; ms: number } {
    return { events: this.events, errors: this.errors, ms: Math.round(this.ms * 1e3) / 1e3 }
  }
}
