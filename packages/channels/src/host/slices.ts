import { performance } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'

/** Cuts long work into slices, so that the event loop is never held for long. */
export class Slices {
  readonly #ms: number
  #began = performance.now()
  /** Time worked so far, in ms. */
  worked = 0

  constructor(ms = 2) {
    this.#ms = ms
  }

  /** Ask between small pieces of work; where it says so, await {@link rest}. */
  get due(): boolean {
    return performance.now() - this.#began >= this.#ms
  }

  /** Lets everybody else have their turn. */
  async rest(): Promise<void> {
    this.end()
    await turn()
    this.#began = performance.now()
  }

  /** Work begins after a wait. */
  begin(): void {
    this.#began = performance.now()
  }

  /** Work pauses or is done. */
  end(): void {
    this.worked += performance.now() - this.#began
  }
}
