import type { LineBlocks } from '@telltale/event'
import { type Intake, type Sender, Strand, type Taken } from '@telltale/pipeline'
import { type Plain, plainToMessages } from './plain.ts'
import { untold } from './untold.ts'

export interface DeliveryOptions {
  /** Bytes taken and not yet journaled beyond which the sender waits. Default 4 MB. */
  unjournaled?: number | undefined
  /** What becomes of lines that are no JSON. Default `refuse`. */
  plain?: Plain | undefined
  /** Nobody is told what could not be journaled, and nobody sends it again. */
  untold?: boolean
}

/** What a take costs in memory besides its bytes. */
const OVERHEAD = 512

/**
 * Hands what one sender sends to the intake, in order: waits while the intake is busy, and while more bytes of this
 * sender than a bound are not journaled yet. Whoever awaits {@link Delivery.take} before reading on pushes back.
 */
export class Delivery {
  readonly #intake: Intake
  #sender: Sender
  readonly #bound: number
  readonly #plain: Plain
  #untold: boolean
  #unjournaled = 0
  #last: Promise<void> = Promise.resolve()

  constructor(intake: Intake, sender: Sender, options: DeliveryOptions = {}) {
    this.#intake = intake
    this.#sender = sender
    this.#bound = options.unjournaled ?? 4 * 1024 * 1024
    this.#plain = options.plain ?? 'refuse'
    this.#untold = options.untold ?? false
  }

  /** From now on: once something could not be journaled, nothing behind it is. For who is told how much is in. */
  withoutHoles(): void {
    this.#untold = false
    this.#sender = { ...this.#sender, strand: new Strand() }
  }

  /** Whole events. The bytes must stay as they are until it resolves. Never rejects. */
  async take(bytes: Uint8Array): Promise<Taken> {
    while (this.#intake.busy !== undefined || this.#unjournaled > this.#bound)
      await (this.#intake.busy === undefined ? this.#last : this.#intake.ready())
    const taken = this.#intake.take(bytes, this.#sender)
    if (this.#untold) untold(this.#intake, this.#sender.channel, taken)
    const cost = bytes.length + OVERHEAD
    this.#unjournaled += cost
    const settle = (): void => {
      this.#unjournaled -= cost
    }
    this.#last = taken.journaled.then(settle, settle)
    return taken
  }

  /** What a splitter gives of one chunk. @returns what became of it, piece by piece: lines that were too long came first */
  async lines({ blocks, problems }: LineBlocks): Promise<Taken[]> {
    const all: Taken[] = []
    for (const problem of problems) {
      this.#intake.dropped(this.#sender.channel, 1, `a line ${problem.reason}`)
      all.push({ accepted: 0, refused: 1, problems: [{ ...problem, index: 0 }], journaled: Promise.resolve() })
    }
    for (const block of blocks) {
      const bytes = this.#plain === 'message' ? plainToMessages(block) : block
      if (bytes.length > 0) all.push(await this.take(bytes))
    }
    return all
  }

  /**
   * The last line of a stream that was broken off, by us or by its end of the wire: an event that only lacks its newline, or
   * what is left of one that was cut off. That is no bad event: a sender who is answered is told nothing of it, and sends it again.
   */
  async last({ blocks }: LineBlocks, isAnswered: boolean): Promise<Taken[]> {
    if (blocks.every(isJson)) return this.lines({ blocks, problems: [] })
    if (!isAnswered) this.#intake.dropped(this.#sender.channel, 1, 'a line that was cut off')
    return []
  }

  /** Resolves once all that was taken is journaled, or could not be. */
  settled(): Promise<void> {
    return this.#last
  }
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString())
    return true
  } catch {
    return false
  }
}
