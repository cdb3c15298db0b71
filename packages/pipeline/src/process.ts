import { type Batch, BatchBuilder, type Bounds, type Event, type EventInput } from '@telltale/event'
import { atOnce, Code, type Failure, type Guard, STRETCH, said } from './guard.ts'

/**
 * Any code, for events of one type. It may change the event in place, return null to drop it, and emit further events.
 * Emitted events say what they were derived from and go through no processor, so nothing feeds back.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a processor that returns nothing keeps the event
export type Processor = (event: Event, emit: (event: EventInput) => void) => void | undefined | null | Event

/** Where failures are told of. */
export type FailureReport = (failure: Failure) => void

/** The type of the event that says a processor failed. */
export const FAILED = 'processor_failed'
/** … that it is slow, and that it was switched off. */
export const VERDICTS = { slow: 'processor_slow', stopped: 'processor_stopped' } as const

/** Events about processors go through none, else one that always fails would feed on its own failures. */
const ABOUT_PROCESSORS: ReadonlySet<string> = new Set([FAILED, VERDICTS.slow, VERDICTS.stopped])
/** Events that a processor may emit for one. */
const MAX_EMITTED = 1_000

class Installed extends Code {
  readonly type: string
  readonly run: Processor

  constructor(name: string, type: string, run: Processor) {
    super(name)
    this.type = type
    this.run = run
  }
}

/** What processors made of an event. */
interface Outcome {
  /** null where it is to be dropped. */
  readonly event: Event | null
  readonly emitted: readonly { event: EventInput; from: Event }[]
  readonly failures: readonly Failure[]
}

/** The processors that run now. They come and go at runtime; each is known by name and measured. */
export class Processors {
  readonly #installed = new Map<string, Installed>()
  readonly #bounds: Bounds
  readonly #guard: Guard
  readonly #report: FailureReport

  constructor(bounds: Bounds, guard: Guard, report: FailureReport) {
    this.#bounds = bounds
    this.#guard = guard
    this.#report = report
  }

  /** Installs a processor for events of a type, in place of the one of that name if there is one. */
  add(name: string, type: string, run: Processor): void {
    this.#installed.set(name, new Installed(name, type, run))
  }

  /** @returns whether there was one of that name */
  remove(name: string): boolean {
    return this.#installed.delete(name)
  }

  /** `off` says why one does not run any more. */
  list(): { name: string; type: string; events: number; errors: number; ms: number; off?: string }[] {
    return [...this.#installed.values()].map(({ name, type, meter, off }) => ({
      name,
      type,
      ...meter.read(),
      ...(off === undefined ? {} : { off }),
    }))
  }

  get codes(): Iterable<Code> {
    return this.#installed.values()
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
    // Stretch by stretch, so that few events at a time are objects.
    for (let from = 0; from < batch.length; from += STRETCH)
      this.#stretch(batch, from, Math.min(batch.length, from + STRETCH), wanted, builder, emitted)
    for (const { event, from } of emitted) {
      const derived = typeof event === 'string' ? { message: event } : event
      const origin = { hostname: from.hostname, receivedAt: from.received_at }
      const refusal = builder.add({ ...derived, derived_from: { type: from.type, time: from.time } }, origin)
      if (refusal !== undefined) this.#report({ name: 'emit', message: refusal.reason, from })
    }
    return builder.batch
  }

  #for(type: string): Installed[] {
    if (ABOUT_PROCESSORS.has(type)) return []
    return [...this.#installed.values()].filter(
      processor => (processor.type === type || processor.type === '*') && processor.off === undefined,
    )
  }

  #stretch(
    batch: Batch,
    first: number,
    end: number,
    wanted: ReadonlyMap<number, readonly Installed[]>,
    builder: BatchBuilder,
    emitted: { event: EventInput; from: Event }[],
  ): void {
    const rows: number[] = []
    for (let row = first; row < end; row++) if (wanted.get(batch.type[row]!)!.length > 0) rows.push(row)
    const outcomes: Outcome[] = []
    this.#guard.over(rows.length, i => {
      this.#guard.running = undefined
      outcomes[i] = this.#one(batch.event(rows[i]!), wanted.get(batch.type[rows[i]!]!)!)
    })
    for (let row = first, i = 0; row < end; row++) {
      if (rows[i] !== row) {
        builder.copy(batch, row)
        continue
      }
      const { event, emitted: made, failures } = outcomes[i++]!
      for (const each of made) emitted.push(each)
      for (const failure of failures) this.#report(failure)
      if (event === null) continue
      const origin = { hostname: event.hostname, receivedAt: batch.receivedAt[row]!, trusted: true }
      const refusal = builder.add(event, origin)
      if (refusal === undefined) continue
      const [{ name }] = wanted.get(batch.type[row]!) as [Installed]
      this.#report({ name, message: `made an event that cannot be taken: ${refusal.reason}`, from: event })
      builder.copy(batch, row)
    }
  }

  /** May be ended anywhere, and begun again. */
  #one(given: Event, processors: readonly Installed[]): Outcome {
    const emitted: { event: EventInput; from: Event }[] = []
    const failures: Failure[] = []
    let event = given
    for (const processor of processors) {
      if (processor.off !== undefined) continue
      this.#guard.running = processor
      const { run, meter, name } = processor
      const started = meter.start()
      try {
        const made: EventInput[] = []
        const returned = atOnce(
          run(event, extra => {
            if (made.push(extra) > MAX_EMITTED) throw new RangeError(`emitted more than ${MAX_EMITTED} events for one`)
          }),
        )
        for (const extra of made) emitted.push({ event: extra, from: event })
        if (returned === null) return { event: null, emitted, failures }
        if (returned !== undefined) event = returned
      } catch (error) {
        meter.failed()
        const { type, time } = event
        failures.push({ name, message: said(error), from: { type, time } })
      } finally {
        meter.stop(started)
      }
      this.#guard.running = undefined
    }
    return { event, emitted, failures }
  }
}
