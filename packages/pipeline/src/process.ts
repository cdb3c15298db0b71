import { type Batch, BatchBuilder, type Bounds, type Event, type EventInput, type Json, toPlain } from '@telltale/event'
import { atOnce, Code, eventOf, type Failure, type Guard, STRETCH, said } from './guard.ts'
import type { Measured } from './meter.ts'

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

/** What processors made of an event: plain data, that no code hides in. */
interface Outcome {
  /** null where it is dropped, undefined where it goes on as it was. */
  readonly event: { readonly made: Json; readonly by: Installed } | null | undefined
  readonly emitted: readonly { readonly made: Json; readonly by: Installed }[]
  readonly failures: readonly Failure[]
}

/** What was emitted, and the row it was derived from. */
interface Emitted {
  readonly made: Json
  readonly by: Installed
  readonly of: Batch
  readonly row: number
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
  list(): ({ name: string; type: string; off?: string } & Measured)[] {
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
    const emitted: Emitted[] = []
    // Stretch by stretch, so that few events at a time are objects.
    for (let from = 0; from < batch.length; from += STRETCH)
      this.#stretch(batch, from, Math.min(batch.length, from + STRETCH), wanted, builder, emitted)
    for (const each of emitted) this.#derive(each, builder)
    return builder.batch
  }

  #derive({ made, by, of, row }: Emitted, builder: BatchBuilder): void {
    const from = eventOf(of, row)
    const event = typeof made === 'string' ? { message: made } : made
    const derived =
      typeof event === 'object' && event !== null && !Array.isArray(event) ? { ...event, derived_from: from } : event
    const refusal = builder.addPlain(derived, originOf(of, row))
    if (refusal !== undefined) this.#failed(by, `emitted what cannot be taken: ${refusal.reason}`, from)
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
    emitted: Emitted[],
  ): void {
    const rows: number[] = []
    for (let row = first; row < end; row++) if (wanted.get(batch.type[row]!)!.length > 0) rows.push(row)
    const outcomes: Outcome[] = []
    this.#guard.over(rows.length, i => {
      this.#guard.running = undefined
      outcomes[i] = this.#one(batch, rows[i]!, wanted.get(batch.type[rows[i]!]!)!)
    })
    for (let row = first, i = 0; row < end; row++) {
      if (rows[i] !== row) {
        builder.copy(batch, row)
        continue
      }
      const { event, emitted: made, failures } = outcomes[i++]!
      for (const failure of failures) this.#report(failure)
      if (event !== null) this.#add(batch, row, event, builder)
      const [of, at] = event === null ? [batch, row] : [builder.batch, builder.batch.length - 1]
      for (const each of made) emitted.push({ ...each, of, row: at })
    }
  }

  /** Adds what was made of a row, or, where that is nothing that can be taken, the row as it was. */
  #add(batch: Batch, row: number, event: Exclude<Outcome['event'], null>, builder: BatchBuilder): void {
    const refusal = event && builder.addPlain(event.made, { ...originOf(batch, row), trusted: true })
    if (event === undefined || refusal !== undefined) builder.copy(batch, row)
    if (event !== undefined && refusal !== undefined)
      this.#failed(event.by, `made an event that cannot be taken: ${refusal.reason}`, eventOf(batch, row))
  }

  #failed({ name, meter }: Installed, message: string, from: Failure['from'] & object): void {
    meter.failed()
    this.#report({ name, message, from })
  }

  /** May be ended anywhere, and begun again. */
  #one(batch: Batch, row: number, processors: readonly Installed[]): Outcome {
    const extras: { made: unknown; by: Installed }[] = []
    const failures: Failure[] = []
    const from = eventOf(batch, row)
    const attempt = <T>(by: Installed, run: () => T): T | undefined => {
      this.#guard.running = by
      try {
        return run()
      } catch (error) {
        by.meter.failed()
        failures.push({ name: by.name, message: said(error), from })
        return undefined
      } finally {
        this.#guard.running = undefined
      }
    }
    const settle = (): Outcome['emitted'] =>
      extras.flatMap(
        ({ made, by }) => attempt(by, () => ({ made: this.#plain(made, 'emitted what cannot be taken'), by })) ?? [],
      )
    let event = batch.event(row)
    let last: Installed | undefined
    for (const by of processors) {
      if (by.off !== undefined) continue
      const started = by.meter.start()
      const ran = attempt(by, () => call(by.run, event))
      by.meter.stop(started)
      if (ran === undefined) {
        if (last === undefined) event = batch.event(row) // whatever it did to it before it failed
        continue
      }
      for (const made of ran.emitted) extras.push({ made, by })
      if (ran.event === null) return { event: null, emitted: settle(), failures }
      event = ran.event
      last = by
    }
    const by = last
    const made = by && attempt(by, () => ({ made: this.#plain(event, 'made an event that cannot be taken'), by }))
    return { event: made, emitted: settle(), failures }
  }

  /** Objects can be code as well, getters and toJSON: it is run here, where it can be ended. */
  #plain(made: unknown, trouble: string): Json {
    const plain = toPlain(made, this.#bounds)
    if ('reason' in plain) throw new TypeError(`${trouble}: ${plain.reason}`)
    return plain.value
  }
}

/** Runs one over an event. @returns the event, null where it is dropped, and what was emitted */
function call(run: Processor, event: Event): { event: Event | null; emitted: readonly unknown[] } {
  const emitted: unknown[] = []
  const returned: unknown = atOnce(
    run(event, extra => {
      if (emitted.push(extra) > MAX_EMITTED) throw new RangeError(`emitted more than ${MAX_EMITTED} events for one`)
    }),
  )
  if (returned === undefined) return { event, emitted }
  if (typeof returned !== 'object' || Array.isArray(returned))
    throw new TypeError(
      `returned ${Array.isArray(returned) ? 'an array' : `a ${typeof returned}`}; expected an event, null to drop it, or nothing`,
    )
  return { event: returned as Event | null, emitted }
}

/** What is taken for granted where code took it away. */
function originOf(batch: Batch, row: number): { hostname: string; receivedAt: number } {
  return { hostname: batch.dictionary.text(batch.hostname[row]!), receivedAt: batch.receivedAt[row]! }
}
