/** A way out of the demo. Events handed to it go when they can; what it can't send in time it forgets, and counts. */
export interface Link {
  /** Takes one event as its JSON text. Never waits, never throws. */
  send(line: string): void
  /** Resolves once there is room for more. Live events do not wait for it; the past does. */
  room(): Promise<void>
  /** Sends what is left, until nothing more goes for a second, and closes; what remains is lost. */
  close(): Promise<void>
  /** Events forgotten since the start. */
  readonly lost: number
}

/** Where a link tells how it fares; only changes are told. */
export interface LinkState {
  up(): void
  /** @param reason why not, for a person to read */
  down(reason: string): void
}

/** Lines waiting to be sent: the oldest is forgotten first. */
export class Backlog {
  readonly capacity: number
  lost = 0
  #lines: string[] = []

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get length(): number {
    return this.#lines.length
  }

  push(line: string): void {
    if (this.#lines.length >= this.capacity) {
      // A tenth at once, so that a long outage does not shift the whole array for every event.
      this.lost += this.#lines.splice(0, Math.ceil(this.capacity / 10)).length
    }
    this.#lines.push(line)
  }

  take(count: number): string[] {
    return this.#lines.splice(0, count)
  }

  /** Puts back what could not be sent. */
  giveBack(lines: readonly string[]): void {
    const room = this.capacity - this.#lines.length
    const kept = room > 0 ? lines.slice(-room) : []
    this.lost += lines.length - kept.length
    this.#lines.unshift(...kept)
  }
}
