import type { Intake, Sender, Taken } from '@telltale/pipeline'

/** What a take costs in memory besides its bytes. */
const OVERHEAD = 512

/**
 * Hands what one sender sends to the intake, in order: waits while the intake is busy, and while more bytes of this
 * sender than a bound are not journaled yet. Whoever awaits {@link Delivery.take} before reading on pushes back.
 */
export class Delivery {
  readonly #intake: Intake
  readonly #sender: Sender
  readonly #bound: number
  #unjournaled = 0
  #last: Promise<void> = Promise.resolve()

  /** @param bound bytes taken and not yet journaled beyond which the sender waits */
  constructor(intake: Intake, sender: Sender, bound: number) {
    this.#intake = intake
    this.#sender = sender
    this.#bound = bound
  }

  /** Whole events. The bytes must stay as they are until it resolves. Never rejects. */
  async take(bytes: Uint8Array): Promise<Taken> {
    while (this.#intake.busy !== undefined || this.#unjournaled > this.#bound)
      await (this.#intake.busy === undefined ? this.#last : this.#intake.ready())
    const taken = this.#intake.take(bytes, this.#sender)
    const cost = bytes.length + OVERHEAD
    this.#unjournaled += cost
    const settle = (): void => {
      this.#unjournaled -= cost
    }
    this.#last = taken.journaled.then(settle, settle)
    return taken
  }

  /** Resolves once all that was taken is journaled, or could not be. */
  settled(): Promise<void> {
    return this.#last
  }
}
