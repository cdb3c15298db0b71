import type { Batch } from '@telltale/event'
import { Meter } from './meter.ts'

/** Gets every batch at once, before its senders are answered. Must be quick and must not throw: a store, not a visitor. */
export type Consumer = (batch: Batch) => void

/** Gets batches in its own time; may be slow, may throw: that harms only itself. */
export type Listener = (batch: Batch) => void | Promise<void>

export interface ListenerOptions {
  /** Most events waiting for it; beyond, the oldest batches are dropped and counted. Default 100,000. */
  mailbox?: number
}

interface Mailbox {
  readonly name: string
  readonly listener: Listener
  readonly limit: number
  readonly queue: Batch[]
  readonly meter: Meter
  waiting: number
  dropped: number
  running: boolean
}

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
      queue: [],
      meter: new Meter(),
      waiting: 0,
      dropped: 0,
      running: false,
    }
    this.#mailboxes.add(mailbox)
    return () => {
      this.#mailboxes.delete(mailbox)
      mailbox.queue.length = 0
      mailbox.waiting = 0
    }
  }

  send(batch: Batch): void {
    for (const consumer of this.#consumers) consumer(batch)
    for (const mailbox of this.#mailboxes) this.#post(mailbox, batch)
  }

  list(): { name: string; waiting: number; dropped: number; events: number; errors: number; ms: number }[] {
    return [...this.#mailboxes].map(({ name, waiting, dropped, meter }) => ({
      name,
      waiting,
      dropped,
      ...meter.read(),
    }))
  }

  #post(mailbox: Mailbox, batch: Batch): void {
    mailbox.queue.push(batch)
    mailbox.waiting += batch.length
    let lost = 0
    while (mailbox.waiting > mailbox.limit && mailbox.queue.length > 1) {
      const oldest = mailbox.queue.shift()!
      mailbox.waiting -= oldest.length
      lost += oldest.length
    }
    if (lost > 0) {
      if (mailbox.dropped === 0) this.#troubled(mailbox.name, `fell behind; dropped its oldest ${lost} events`)
      mailbox.dropped += lost
    }
    if (!mailbox.running) {
      mailbox.running = true
      setImmediate(() => void this.#deliver(mailbox))
    }
  }

  async #deliver(mailbox: Mailbox): Promise<void> {
    for (let batch = mailbox.queue.shift(); batch !== undefined; batch = mailbox.queue.shift()) {
      mailbox.waiting -= batch.length
      const started = mailbox.meter.start()
      try {
        const done = mailbox.listener(batch)
        if (done !== undefined) await done
      } catch (error) {
        if (mailbox.meter.errors === 0) this.#troubled(mailbox.name, `threw: ${String(error)}`)
        mailbox.meter.failed()
      }
      mailbox.meter.stop(started, batch.length)
    }
    mailbox.running = false
  }
}
