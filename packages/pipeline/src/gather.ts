import { type Batch, BatchBuilder, type Bounds, type Clock } from '@telltale/event'
import type { Strand } from './strand.ts'

/** A batch still being gathered, and the promise of those who wait for it. */
export class Gathering {
  readonly builder: BatchBuilder
  /** Bytes received for it. */
  bytes = 0
  /** Events taken into it, by channel. */
  readonly accepted: Map<string, number> = new Map()
  /** Whose pieces are in it, of those that must not have holes. */
  readonly strands: Set<Strand> = new Set()
  /** Full ones before it that hold the beginning of what somebody sent in one piece: journaled with it, or not at all. */
  readonly before: readonly Gathering[]
  /** Resolves once the batch is journaled and broadcast. */
  readonly journaled: Promise<void>
  resolve: () => void = () => {}
  reject: (error: unknown) => void = () => {}

  /** @param rows how many to make room for at first */
  constructor(bounds: Bounds, rows: number, before: readonly Gathering[]) {
    this.before = before
    this.builder = new BatchBuilder(bounds, rows)
    this.journaled = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.journaled.catch(() => {}) // those who wait for it are told; nobody need wait
  }

  get batch(): Batch {
    return this.builder.batch
  }
}

export interface GatherOptions {
  bounds: Bounds
  clock: Clock
  /** A batch goes on its way this many ms after the one before; at once, where that is longer ago … */
  ms: number
  /** … or once it has this many events. */
  events: number
  go(gathering: Gathering): void
}

/**
 * Gathers what arrives within a millisecond or so into one batch, so that single datagrams are cheap, too. What arrives
 * after a while of nothing does not wait: it goes with what else arrived in the same turn of the event loop.
 */
export class Gather {
  readonly #options: GatherOptions
  #open: Gathering | undefined
  #cancel: () => void = () => {}
  #sent: number = Number.NEGATIVE_INFINITY
  /** Rows of the batches of late: rises at once, falls bit by bit. */
  #rows = 16

  constructor(options: GatherOptions) {
    this.#options = options
  }

  /** What to add to now. */
  current(): Gathering {
    if (this.#open?.builder.full) this.send()
    return this.#open ?? this.#begin([])
  }

  /** What to add the rest of a piece to where the current one is full. It goes on its way together with that. */
  next(): Gathering {
    const open = this.#open
    this.#cancel()
    return this.#begin(open === undefined ? [] : [...open.before, open])
  }

  #begin(before: readonly Gathering[]): Gathering {
    const { bounds, clock, ms } = this.#options
    const opened = new Gathering(bounds, Math.ceil(this.#rows), before)
    this.#open = opened
    this.#cancel = clock.after(ms, () => this.send())
    if (clock.elapsed() - this.#sent >= ms) setImmediate(() => opened === this.#open && this.send())
    return opened
  }

  /** Says that something was added. */
  added(gathering: Gathering, bytes: number): void {
    gathering.bytes += bytes
    if (gathering === this.#open && gathering.batch.length >= this.#options.events) this.send()
  }

  /** Sends on what is gathered, if anything. */
  send(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    this.#cancel()
    this.#sent = this.#options.clock.elapsed()
    const { length } = open.builder.done()
    this.#rows = Math.max(16, length, this.#rows + (length - this.#rows) / 8)
    this.#options.go(open)
  }
}
