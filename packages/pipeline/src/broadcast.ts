import type { Batch } from '@telltale/event'
import { LIMITS, within } from './guard.ts'
import { type Measured, Meter } from './meter.ts'
import { weight } from './weight.ts'

/** Gets every batch at once, before its senders are answered. Must be quick and must not throw: a store, not a visitor. */
export type Consumer = (batch: Batch) => void

/** Gets batches in its own time; may be slow, may throw: that harms only itself. */
export type Listener = (batch: Batch) => void | Promise<void>

export interface ListenerOptions {
  /** Most events waiting for it; beyond, the oldest batches are dropped and counted. Default 100,000. */
  mailbox?: number
  /** Most bytes waiting for it, likewise. Default 64 MiB. */
  bytes?: number
  /** ms in which it must come back with a batch; twice in a row it may not, then it gets no more. Default 2,000; Infinity: it is waited for. */
  stuck?: number
}

interface Letter {
  readonly batch: Batch
  readonly bytes: number
}

interface Mailbox {
  readonly name: string
  readonly listener: Listener
  readonly limit: number
  readonly most: number
  readonly stuck: number
  strikes: number
  off: boolean
  readonly queue: Letter[]
  readonly meter: Meter
  /** Events and bytes. */
  waiting: number
  bytes: number
  dropped: number
  /** When it last dropped; undefined where it never did. In ms of {@link performance}. */
  droppedAt: number | undefined
  /** Since when it has been at one batch; undefined while it is idle. */
  since: number | undefined
  running: boolean
}

/** A listener that is at one batch for so long hangs; what was dropped less than so long ago was dropped of late. In ms. */
const HANGS = 10_000
const LATE = 60_000

/** Hands journaled batches to everyone inside who wants them. A slow listener never slows intake. */
export class Broadcast {
  readonly #consumers: Consumer[] = []
  readonly #mailboxes = new Set<Mailbox>()
  readonly #troubled: (name: string, trouble: string) => void

  /** @param troubled told, once per incident, of a listener that threw or fell behind */
  constructor(troubled: (name: string, trouble: string) => void) {
    this.#troubled = troubled
  }

  /** Adds a store. */
  consume(consumer: Consumer): void {
    this.#consumers.push(consumer)
  }

  /** Adds a listener. @returns how to end it */
  listen(name: string, listener: Listener, options: ListenerOptions = {}): () => void {
    const limit = options.mailbox ?? 100_000
    const mailbox: Mailbox = {
      name,
      listener,
      limit,
      most: options.bytes ?? 64 * 1024 * 1024,
      stuck: options.stuck ?? LIMITS.stuck,
      strikes: 0,
      off: false,
      queue: [],
      meter: new Meter(),
      waiting: 0,
      bytes: 0,
      dropped: 0,
      droppedAt: undefined,
      since: undefined,
      running: false,
    }
    this.#mailboxes.add(mailbox)
    return () => {
      this.#mailboxes.delete(mailbox)
      empty(mailbox)
    }
  }

  send(batch: Batch): void {
    for (const consumer of this.#consumers) consumer(batch)
    const letter = { batch, bytes: weight(batch) }
    for (const mailbox of this.#mailboxes) this.#post(mailbox, letter)
  }

  get meters(): Meter[] {
    return [...this.#mailboxes].map(({ meter }) => meter)
  }

  list(): ({ name: string; waiting: number; bytes: number; dropped: number } & Measured)[] {
    return [...this.#mailboxes].map(({ name, waiting, bytes, dropped, meter }) => ({
      name,
      waiting,
      bytes,
      dropped,
      ...meter.read(),
    }))
  }

  /** Who hangs or falls behind, and since when. */
  get faults(): string[] {
    const now = performance.now()
    return [...this.#mailboxes].flatMap(({ name, since, dropped, droppedAt, waiting, off, stuck }) => {
      if (off) return [`the listener ${name} is switched off: it did not come back within ${stuck} ms, twice`]
      if (since !== undefined && now - since > HANGS)
        return [
          `the listener ${name} has been at one batch for ${Math.round((now - since) / 1_000)} s; ${waiting} events wait for it, ${dropped} were dropped`,
        ]
      if (droppedAt !== undefined && now - droppedAt < LATE)
        return [`the listener ${name} falls behind: ${dropped} events were dropped so far`]
      return []
    })
  }

  #post(mailbox: Mailbox, letter: Letter): void {
    if (mailbox.off) return
    mailbox.queue.push(letter)
    mailbox.waiting += letter.batch.length
    mailbox.bytes += letter.bytes
    let lost = 0
    while ((mailbox.waiting > mailbox.limit || mailbox.bytes > mailbox.most) && mailbox.queue.length > 1)
      lost += take(mailbox)!.length
    if (lost > 0) {
      if (mailbox.droppedAt === undefined || performance.now() - mailbox.droppedAt > LATE)
        this.#troubled(mailbox.name, `fell behind; dropped its oldest ${lost} events`)
      mailbox.dropped += lost
      mailbox.droppedAt = performance.now()
    }
    if (!mailbox.running) {
      mailbox.running = true
      setImmediate(() => void this.#deliver(mailbox))
    }
  }

  /** @returns what the listener still does, if anything */
  #call(mailbox: Mailbox, batch: Batch): Promise<void> | undefined {
    let done: Promise<void> | void | undefined
    const inTime = within(mailbox.stuck, () => {
      done = mailbox.listener(batch)
    })
    if (inTime) {
      mailbox.strikes = 0
      return done ?? undefined
    }
    if (++mailbox.strikes > 1) {
      mailbox.off = true
      empty(mailbox)
    }
    throw new Error(`it did not come back within ${mailbox.stuck} ms${mailbox.off ? ', twice; it gets no more' : ''}`)
  }

  async #deliver(mailbox: Mailbox): Promise<void> {
    for (let batch = take(mailbox); batch !== undefined; batch = take(mailbox)) {
      const started = mailbox.meter.start()
      mailbox.since = started
      try {
        const done = this.#call(mailbox, batch)
        if (done !== undefined) await done
      } catch (error) {
        if (mailbox.meter.errors === 0 || mailbox.off) this.#troubled(mailbox.name, `threw: ${String(error)}`)
        mailbox.meter.failed()
      }
      mailbox.meter.stop(started, batch.length)
    }
    mailbox.since = undefined
    mailbox.running = false
  }
}

/** The oldest; undefined where there is none. */
function take(mailbox: Mailbox): Batch | undefined {
  const letter = mailbox.queue.shift()
  if (letter === undefined) return undefined
  mailbox.waiting -= letter.batch.length
  mailbox.bytes -= letter.bytes
  return letter.batch
}

function empty(mailbox: Mailbox): void {
  mailbox.queue.length = mailbox.waiting = mailbox.bytes = 0
}
