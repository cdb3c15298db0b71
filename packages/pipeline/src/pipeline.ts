import {
  type Batch,
  type BatchBuilder,
  BOUNDS,
  type Bounds,
  type Clock,
  type Event,
  type EventInput,
  type Problem,
  scanInto,
} from '@telltale/event'
import { Broadcast } from './broadcast.ts'
import { type Calculation, calculate } from './calculate.ts'
import { type Classifier, type ClassifyRule, classifier } from './classify.ts'
import { Gather, type Gathering } from './gather.ts'
import type { Busy, Intake, Sender, Taken } from './intake.ts'
import { Meter } from './meter.ts'
import { FAILED, type Processor, Processors } from './process.ts'
import { Rejects } from './rejects.ts'

/** What a user configures of the pipeline. */
export interface Stages {
  classify?: readonly ClassifyRule[]
  /** By event type; `*` means every type. */
  process?: Readonly<Record<string, Processor>>
  calculate?: Readonly<Record<string, Calculation>>
}

/** Where batches become durable. */
export interface Journal {
  /** Gives the batch its seq at once; resolves when it is durable. */
  append(batch: Batch): Promise<void>
  readonly pressure: Busy | undefined
}

export interface PipelineOptions extends Stages {
  journal: Journal
  clock: Clock
  /** The hostname of events that Telltale itself makes. */
  hostname: string
  bounds?: Bounds
  /** A batch goes on its way after this many ms … Default 1. */
  gatherMs?: number
  /** … or once it has this many events. Default 8,192. */
  gatherEvents?: number
  /** Bytes received and not yet journaled beyond which senders are refused. Default 64 MiB. */
  maxPending?: number
}

/** Events of Telltale's own making that say something went wrong are at most this many a second. */
const TROUBLES_PER_SECOND = 10

/** From bytes to broadcast: gather, validate, classify, process, calculate, journal, broadcast. */
export class Pipeline implements Intake {
  readonly broadcast: Broadcast
  readonly processors: Processors
  readonly rejects: Rejects = new Rejects()
  /** Events taken, refused and dropped, by channel. */
  readonly channels: Map<string, { accepted: number; rejected: number; dropped: number }> = new Map()
  readonly stages: { classify: Meter; process: Meter; calculate: Meter; journal: Meter; broadcast: Meter } = {
    classify: new Meter(),
    process: new Meter(),
    calculate: new Meter(),
    journal: new Meter(),
    broadcast: new Meter(),
  }
  readonly #options: Required<Pick<PipelineOptions, 'bounds' | 'gatherMs' | 'gatherEvents' | 'maxPending'>> &
    PipelineOptions
  #classifiers: Classifier[] = []
  #calculations: Readonly<Record<string, Calculation>> = {}
  #configured: string[] = []
  readonly #gather: Gather
  #last: Promise<void> = Promise.resolve()
  #pending = 0
  #waiting: (() => void)[] = []
  #troubles = 0
  readonly #stopTicking: () => void

  /** @throws where a stage cannot be understood, saying which and why */
  constructor(options: PipelineOptions) {
    const { bounds = BOUNDS, gatherMs = 1, gatherEvents = 8192, maxPending = 64 * 1024 * 1024 } = options
    this.#options = { ...options, bounds, gatherMs, gatherEvents, maxPending }
    this.broadcast = new Broadcast((listener, trouble) => this.#trouble('listener_failed', { listener, trouble }))
    this.processors = new Processors(bounds, (processor, error, event) => this.#failed(processor, error, event))
    const { clock } = options
    this.#gather = new Gather({ bounds, clock, ms: gatherMs, events: gatherEvents, go: each => this.#go(each) })
    this.configure(options)
    this.#stopTicking = options.clock.every(1000, () => this.#tick())
  }

  /** Replaces all configured stages at once, or, where one cannot be understood, throws and changes nothing. */
  configure(stages: Stages): void {
    const classifiers = (stages.classify ?? []).map(classifier)
    this.#classifiers = classifiers
    this.#calculations = stages.calculate ?? {}
    for (const name of this.#configured) this.processors.remove(name)
    this.#configured = []
    for (const [type, processor] of Object.entries(stages.process ?? {})) {
      this.processors.add(`config:${type}`, type, processor)
      this.#configured.push(`config:${type}`)
    }
  }

  take(bytes: Uint8Array, sender: Sender): Taken {
    const all = [this.#gather.current()]
    const next = (): BatchBuilder => {
      this.#gather.send()
      all.push(this.#gather.current())
      return all.at(-1)!.builder
    }
    const { accepted, refused, problems } = scanInto(all[0]!.builder, bytes, this.#origin(sender), next)
    const taken = this.#taken(all.at(-1)!, sender, { accepted, refused, problems }, bytes.length)
    if (all.length === 1) return taken
    const journaled = Promise.all(all.map(each => each.journaled)).then(() => {})
    journaled.catch(() => {})
    return { ...taken, journaled }
  }

  add(events: readonly EventInput[], sender: Sender): Taken {
    const gathering = this.#gather.current()
    const origin = this.#origin(sender)
    const problems: Problem[] = []
    events.forEach((event, index) => {
      const refusal = gathering.builder.add(event, origin)
      if (refusal !== undefined)
        problems.push({ index, ...refusal, sample: (JSON.stringify(event) ?? '').slice(0, 200) })
    })
    const { length } = problems
    return this.#taken(
      gathering,
      sender,
      { accepted: events.length - length, refused: length, problems },
      events.length * 256,
    )
  }

  get busy(): Busy | undefined {
    const { journal, maxPending } = this.#options
    if (journal.pressure !== undefined) return journal.pressure
    if (this.#pending <= maxPending) return undefined
    return { reason: `${this.#pending} bytes wait to be journaled, at most ${maxPending} may`, retryAfter: 1 }
  }

  ready(): Promise<void> {
    return this.busy === undefined ? Promise.resolve() : new Promise(resolve => this.#waiting.push(resolve))
  }

  dropped(channel: string, events: number, reason: string): void {
    this.#counts(channel).dropped += events
    this.#trouble('dropped', { channel, count: events, message: reason })
  }

  /** Sends on what is gathered, and resolves once it is journaled and broadcast. */
  async flush(): Promise<void> {
    this.#gather.send()
    await this.#last
  }

  /** Sends on what is gathered; takes no more time of the clock. */
  async stop(): Promise<void> {
    this.#stopTicking()
    await this.flush()
  }

  #origin(sender: Sender): { hostname: string; receivedAt: number; type?: string } {
    const origin = { hostname: sender.address, receivedAt: this.#options.clock.now() }
    return sender.type === undefined ? origin : { ...origin, type: sender.type }
  }

  #taken(gathering: Gathering, sender: Sender, taken: Omit<Taken, 'journaled'>, bytes: number): Taken {
    const { accepted, refused, problems } = taken
    const counts = this.#counts(sender.channel)
    counts.accepted += accepted
    counts.rejected += refused
    if (problems.length > 0) this.rejects.add(problems, sender, this.#options.clock.now())
    this.#pending += bytes
    this.#gather.added(gathering, bytes)
    return { ...taken, journaled: gathering.journaled }
  }

  /** Sends a gathered batch through the stages; batches are broadcast, and their senders answered, in order. */
  #go(gathering: Gathering): void {
    const batch = gathering.batch.length === 0 ? gathering.batch : this.#work(gathering.batch)
    const started = this.stages.journal.start()
    const durable = batch.length === 0 ? Promise.resolve() : this.#options.journal.append(batch)
    durable.catch(() => {}) // handled below, once it is its turn
    this.#last = this.#last
      .then(() => durable)
      .then(
        () => {
          this.stages.journal.stop(started, batch.length)
          if (batch.length > 0) this.#send(batch)
          gathering.resolve()
        },
        error => {
          this.stages.journal.failed()
          gathering.reject(error)
        },
      )
      .then(() => {
        this.#pending -= gathering.bytes
        this.#wake()
      })
  }

  #send(batch: Batch): void {
    const started = this.stages.broadcast.start()
    try {
      this.broadcast.send(batch)
    } catch (error) {
      this.stages.broadcast.failed()
      this.#failed('BUG: a store', error)
    }
    this.stages.broadcast.stop(started, batch.length)
  }

  /** Lets those go on who wait for the journal. */
  #wake(): void {
    if (this.#waiting.length > 0 && this.busy === undefined) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #work(gathered: Batch): Batch {
    const { classify, process, calculate: calculating } = this.stages
    let started = classify.start()
    this.#classifiers.forEach((each, position) => {
      try {
        each.run(gathered)
      } catch (error) {
        classify.failed()
        this.#failed(`classify[${position}]`, error)
      }
    })
    classify.stop(started, gathered.length)
    started = process.start()
    const batch = this.processors.run(gathered)
    process.stop(started, batch.length)
    started = calculating.start()
    calculate(batch, this.#calculations, (name, error, event) => {
      calculating.failed()
      this.#failed(name, error, event)
    })
    calculating.stop(started, batch.length)
    return batch
  }

  #failed(processor: string, error: unknown, event?: Event): void {
    const message = `${processor}: ${error instanceof Error ? error.message : String(error)}`
    const derived = event === undefined ? {} : { derived_from: { type: event.type, time: event.time } }
    this.#trouble(FAILED, { processor, message, ...derived })
  }

  #counts(channel: string): { accepted: number; rejected: number; dropped: number } {
    let counts = this.channels.get(channel)
    if (counts === undefined) {
      counts = { accepted: 0, rejected: 0, dropped: 0 }
      this.channels.set(channel, counts)
    }
    return counts
  }

  #trouble(type: string, info: Record<string, unknown>): void {
    if (this.#troubles++ >= TROUBLES_PER_SECOND) return
    const { hostname, clock } = this.#options
    // After what runs now: a processor's failure must not enter the batch that is being worked on.
    clock.after(0, () =>
      this.add([{ type, tags: ['telltale'], ...info } as EventInput], { channel: 'telltale', address: hostname }),
    )
  }

  #tick(): void {
    this.#troubles = 0
    this.#wake()
    const fresh = this.rejects.drain()
    if (fresh.length > 0) {
      const events = fresh.map(({ reject, count }) => ({
        type: 'rejected',
        tags: ['telltale'],
        additional_info: {
          channel: reject.channel,
          address: reject.address,
          kind: reject.kind,
          message: reject.reason,
          sample: reject.sample,
          count,
        },
      }))
      this.add(events, { channel: 'telltale', address: this.#options.hostname })
    }
  }
}
