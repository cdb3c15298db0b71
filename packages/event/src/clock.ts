/** Where time comes from. Live it is {@link wallClock}; in replay and in tests it is driven by hand or by the events. */
export interface Clock {
  /** ms since the epoch. It jumps when somebody sets the clock. */
  now(): number
  /** ms since some moment, for how long things took: it never jumps. */
  elapsed(): number
  /** Calls back once, after ms; the returned function cancels. */
  after(ms: number, call: () => void): () => void
  /** Calls back every ms until the returned function is called. */
  every(ms: number, call: () => void): () => void
}

/** The machine's own time. Only this file reads the wall clock or sets timers. Its timers do not keep a process alive. */
export const wallClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    timer.unref?.()
    return () => clearTimeout(timer)
  },
  every(ms, call) {
    const timer = setInterval(call, ms)
    timer.unref?.()
    return () => clearInterval(timer)
  },
}

/** A clock that stands still until it is advanced; timers fire in order on the way. */
export class SimulatedClock implements Clock {
  #now: number
  #elapsed = 0
  #timers: { at: number; order: number; every: number; call: () => void }[] = []
  #order = 0

  constructor(now = 0) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#elapsed
  }

  after(ms: number, call: () => void): () => void {
    return this.#add(ms, 0, call)
  }

  every(ms: number, call: () => void): () => void {
    return this.#add(ms, ms, call)
  }

  /** Moves on by ms, firing what falls due. */
  advance(ms: number): void {
    this.advanceTo(this.#now + ms)
  }

  /** Moves on to a time, firing what falls due. */
  advanceTo(end: number): void {
    for (;;) {
      const next = this.#timers.filter(t => t.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (next === undefined) break
      this.#pass(next.at)
      if (next.every > 0) next.at += next.every
      else this.#timers.splice(this.#timers.indexOf(next), 1)
      next.call()
    }
    this.#pass(end)
  }

  /** Sets the clock: no time passes, no timer fires for it. */
  jump(ms: number): void {
    this.#now += ms
    for (const timer of this.#timers) timer.at += ms
  }

  #pass(to: number): void {
    this.#elapsed += Math.max(0, to - this.#now)
    this.#now = Math.max(this.#now, to)
  }

  #add(ms: number, every: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, order: this.#order++, every, call }
    this.#timers.push(timer)
    return () => {
      const i = this.#timers.indexOf(timer)
      if (i >= 0) this.#timers.splice(i, 1)
    }
  }
}
