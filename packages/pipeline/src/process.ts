import { type Batch, BatchBuilder, type Bounds, type Event, type EventInput } from '@telltale/event'
import { Meter } from './meter.ts'

/**
 * Any code, for events of one type. It may change the event in place, return null to drop it, and emit further events.
 * Emitted events say what they were derived from and go through no processor, so nothing feeds back.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a processor that returns nothing keeps the event
export type Processor = (event: Event, emit: (event: EventInput) => void) => void | undefined | null | Event

/** Where a processor that failed is told of. */
export type FailureReport = (processor: string, error: unknown, event: Event) => void

/** The type of the event that says a processor failed. */
export const FAILED = 'processor_failed'

interface Installed {
  readonly name: string
  readonly type: string
  readonly run: Processor
  readonly meter: Meter
}

/** The processors that run now. They come and go at runtime; each is known by name and measured. */
export class Processors {
  readonly #installed = new Map<string, Installed>()
  readonly #bounds: Bounds
  readonly #report: FailureReport

  constructor(bounds: Bounds, report: FailureReport) {
    this.#bounds = bounds
    this.#report = report
  }

  /** Installs a processor for events of a type, in place of the one of that name if there is one. */
  add(name: string, type: string, run: Processor): void {
    this.#installed.set(name, { name, type, run, meter: new Meter() })
  }

  /** @returns whether there was one of that name */
  remove(name: string): boolean {
    return this.#installed.delete(name)
  }

  list(): { name: string; type: string; events: number; errors: number; ms: number }[] {
    return [...this.#installed.values()].map(({ name, type, meter }) => ({ name, type, ...meter.read() }))
  }

  /** Runs over a batch. @returns the same batch where no processor wants any of it, else a new one */
  run(batch: Batch): Batch {
    if (this.#installed.size === 0) return batch
    const { dictionary } = batch
    const wanted = new Map<number, Installed[]>()
    for (let row = 0; row < batch.length; row++) {
      const code = batch.type[row]!
      if (!wanted.has(code)) wanted.set(code, this.#for(dictionary.text(code)))
    }
    if ([...wanted.values()].every(list => list.length === 0)) return batch
    const builder = new BatchBuilder(this.#bounds, batch.length)
    const emitted: { event: EventInput; from: Event }[] = []
    for (let row = 0; row < batch.length; row++) {
      const processors = wanted.get(batch.type[row]!)!
      if (processors.length === 0) builder.copy(batch, row)
      else this.#one(batch, row, processors, builder, emitted)
    }
    for (const { event, from } of emitted) {
      const derived = typeof event === 'string' ? { message: event } : event
      const origin = { hostname: from.hostname, receivedAt: from.received_at }
      const refusal = builder.add({ ...derived, derived_from: { type: from.type, time: from.time } }, origin)
      if (refusal !== undefined) this.#report('emit', new Error(refusal.reason), from)
    }
    return builder.batch
  }

  #for(type: string): Installed[] {
    if (type === FAILED) return [] // else a processor that always throws would feed on its own failures
    return [...this.#installed.values()].filter(processor => processor.type === type || processor.type === '*')
  }

  #one(
    batch: Batch,
    row: number,
    processors: readonly Installed[],
    builder: BatchBuilder,
    emitted: { event: EventInput; from: Event }[],
  ): void {
    let event = batch.event(row)
    for (const { name, run, meter } of processors) {
      const started = meter.start()
      try {
        const made: EventInput[] = []
        const returned = run(event, extra => made.push(extra))
        for (const extra of made) emitted.push({ event: extra, from: event })
        if (returned === null) return
        if (returned !== undefined) event = returned
      } catch (error) {
        meter.failed()
        this.#report(name, error, event)
      } finally {
        meter.stop(started)
      }
    }
    const origin = { hostname: event.hostname, receivedAt: batch.receivedAt[row]!, trusted: true }
    const refusal = builder.add(event, origin)
    if (refusal === undefined) return
    this.#report(processors[0]!.name, new Error(`made an event that cannot be taken: ${refusal.reason}`), event)
    builder.copy(batch, row)
  }
}
