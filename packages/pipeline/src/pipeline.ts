import {
  type Batch,
  type BatchBuilder,
  BOUNDS,
  type Bounds,
  type Clock,
  type EventInput,
  type Problem,
  scanInto,
} from '@telltale/event'
import { Broadcast } from './broadcast.ts'
import { Gather, type Gathering } from './gather.ts'
import { type Failure, said } from './guard.ts'
import type { Busy, Intake, Sender, Taken } from './intake.ts'
import { Meter } from './meter.ts'
import { FAILED, type Processors } from './process.ts'
import { Rate } from './rate.ts'
import { Rejects } from './rejects.ts'
import { StageRunner, type Stages } from './stages.ts'
import type { Strand } from './strand.ts'
import { Troubles } from './troubles.ts'

/** What became of what one channel brought. */
export interface Counts {
  /** Taken, and in the journal. */
  accepted: number
  /** Events accepted a second, over the last ten seconds. */
  rate: number
  rejected: number
  /** Lost, and nobody was told to send them again: before they were read, or where the journal did not take them. */
  dropped: number
  /** Of those dropped, how many the system's kernel dropped. */
  dropped_by_kernel?: number
  /** Times a sender was told to come back later. */
  refused?: number
  /** Connections closed at once. */
  turned_away?: number
}

/** Where batches become durable. */
export interface Journal {
  /**
   * Gives the batches their seq at once; resolves when all are durable, and rejects where none is. It must refuse what
   * waits behind something that it refuses, and what comes in the same turn of the event loop.
   */
  append(...batches: readonly Batch[]): Promise<void>
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
  /** One line for a person. */
  log?: (message: string) => void
}

/** How long a loss, or a connection turned away, is of late, in ms. */
const LATE = 60_000

/** From bytes to broadcast: gather, validate, classify, process, calculate, journal, broadcast. */
export class Pipeline implements Intake {
  readonly broadcast: Broadcast
  readonly rejects: Rejects = new Rejects()
  /** Events taken, refused and dropped, by channel. */
  readonly channels: Map<string, Counts> = new Map()
  readonly #rates = new Map<string, Rate>()
  readonly stages: { classify: Meter; process: Meter; calculate: Meter; journal: Meter; broadcast: Meter }
  readonly #runner: StageRunner
  readonly #options: Required<Pick<PipelineOptions, 'bounds' | 'gatherMs' | 'gatherEvents' | 'maxPending' | 'log'>> &
    PipelineOptions
  readonly #gather: Gather
  #last: Promise<void> = Promise.resolve()
  #pending = 0
  #waiting: (() => void)[] = []
  readonly #troubles = new Troubles()
  /** When each channel lost events, or turned a connection away, last; and what is said of it. */
  readonly #late = new Map<string, { at: number; says: () => string }>()
  /** Since when senders are pushed back, why, and how many were told so. */
  #pressed: { since: number; reason: string; refused: number } | undefined
  readonly #stopTicking: () => void

  /** @throws where a stage cannot be understood, saying which and why */
  constructor(options: PipelineOptions) {
    const {
      bounds = BOUNDS,
      gatherMs = 1,
      gatherEvents = 8192,
      maxPending = 64 * 1024 * 1024,
      log = () => {},
    } = options
    this.#options = { ...options, bounds, gatherMs, gatherEvents, maxPending, log }
    this.broadcast = new Broadcast((listener, trouble) =>
      this.trouble('listener_failed', listener, { listener, trouble }),
    )
    this.#runner = new StageRunner(bounds, {
      failed: failure => this.#failed(failure),
      judged: (name, type, message) => this.#judged(name, type, message),
    })
    this.stages = { ...this.#runner.meters, journal: new Meter(), broadcast: new Meter() }
    const { clock } = options
    this.#gather = new Gather({ bounds, clock, ms: gatherMs, events: gatherEvents, go: each => this.#go(each) })
    this.configure(options)
    this.#stopTicking = options.clock.every(1000, () => this.#tick())
  }

  /** Replaces all configured stages at once, or, where one cannot be understood, throws and changes nothing. */
  configure(stages: Stages): void {
    this.#runner.configure(stages)
  }

  get processors(): Processors {
    return this.#runner.processors
  }

  take(bytes: Uint8Array, sender: Sender): Taken {
    const broken = sender.strand?.broken
    if (broken !== undefined) return notTaken(broken)
    const first = this.#gather.current()
    let last = first
    const next = (): BatchBuilder => {
      last = this.#gather.next()
      return last.builder
    }
    const { accepted, refused, problems } = scanInto(first.builder, bytes, this.#origin(sender), next)
    const taken = this.#taken(last, sender, { accepted, refused, problems }, bytes.length)
    if (last !== first) this.#gather.send()
    return taken
  }

  add(events: readonly EventInput[], sender: Sender): Taken {
    const broken = sender.strand?.broken
    if (broken !== undefined) return notTaken(broken)
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

  refuse(problems: readonly Problem[], sender: Sender): Taken {
    const broken = sender.strand?.broken
    if (broken !== undefined) return notTaken(broken)
    this.#counts(sender.channel).rejected += problems.length
    this.rejects.add(problems, sender, this.#options.clock.now())
    return { accepted: 0, refused: problems.length, problems: [...problems], journaled: Promise.resolve() }
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

  dropped(channel: string, events: number, reason: string, by: 'telltale' | 'kernel' = 'telltale'): void {
    const counts = this.#counts(channel)
    counts.dropped += events
    const says = (): string => `${channel} lost events within the last minute, ${counts.dropped} so far: ${reason}`
    this.#late.set(`${channel} lost`, { at: this.#options.clock.elapsed(), says })
    if (by === 'kernel') counts.dropped_by_kernel = (counts.dropped_by_kernel ?? 0) + events
    this.trouble('dropped', `${channel} ${by}`, { channel, lost_by: by, message: reason }, events)
  }

  turnedAway(channel: string, reason: string): void {
    const counts = this.#counts(channel)
    counts.turned_away = (counts.turned_away ?? 0) + 1
    const says = (): string =>
      `${channel} turned connections away within the last minute, ${counts.turned_away} so far: ${reason}`
    this.#late.set(`${channel} away`, { at: this.#options.clock.elapsed(), says })
    this.trouble('turned_away', channel, { channel, message: reason })
  }

  /** Counts a sender that was told to come back later. */
  refused(channel: string, reason: string): void {
    const counts = this.#counts(channel)
    counts.refused = (counts.refused ?? 0) + 1
    this.#press(reason).refused++
  }

  /** What a person should know: code that was switched off, listeners that hang or fall behind, events lost and connections turned away of late. */
  get faults(): string[] {
    const now = this.#options.clock.elapsed()
    const late = [...this.#late.values()].flatMap(({ at, says }) => (now - at > LATE ? [] : [says()]))
    return [...this.#runner.faults, ...this.broadcast.faults, ...late]
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
    const { channel } = sender
    this.#counts(channel).rejected += refused
    gathering.accepted.set(channel, (gathering.accepted.get(channel) ?? 0) + accepted)
    if (problems.length > 0) this.rejects.add(problems, sender, this.#options.clock.now())
    this.#pending += bytes
    if (sender.strand !== undefined) gathering.strands.add(sender.strand)
    this.#gather.added(gathering, bytes)
    return { ...taken, journaled: gathering.journaled }
  }

  /** Sends what is gathered through the stages; batches are broadcast, and their senders answered, in order. */
  #go(last: Gathering): void {
    const gathered = [...last.before, last]
    const batches = gathered
      .map(({ batch }) => (batch.length === 0 ? batch : this.#runner.run(batch)))
      .filter(({ length }) => length > 0)
    const started = this.stages.journal.start()
    const strands = gathered.flatMap(({ strands }) => [...strands])
    const durable = this.#append(batches, strands)
    // At once: what is behind it must not be journaled. Its senders are told below, once it is its turn.
    durable.catch((error: Error) => {
      for (const strand of strands) strand.break(error)
    })
    this.#last = this.#last
      .then(() => durable)
      .then(
        () => {
          this.stages.journal.stop(
            started,
            batches.reduce((sum, { length }) => sum + length, 0),
          )
          for (const { accepted } of gathered) this.#accepted(accepted)
          for (const batch of batches) this.#send(batch)
          for (const { resolve } of gathered) resolve()
        },
        error => {
          this.stages.journal.failed()
          for (const { reject } of gathered) reject(error)
        },
      )
      .then(() => {
        for (const { bytes } of gathered) this.#pending -= bytes
        this.#wake()
      })
  }

  #accepted(byChannel: ReadonlyMap<string, number>): void {
    for (const [channel, events] of byChannel) this.#counts(channel).accepted += events
  }

  /** What waits together is journaled together or not at all, also where only one of those who sent it may not go on. */
  #append(batches: readonly Batch[], strands: readonly Strand[]): Promise<void> {
    const broken = strands.find(({ broken }) => broken !== undefined)?.broken
    if (broken !== undefined) return Promise.reject(broken)
    return batches.length === 0 ? Promise.resolve() : this.#options.journal.append(...batches)
  }

  #send(batch: Batch): void {
    const started = this.stages.broadcast.start()
    try {
      this.broadcast.send(batch)
    } catch (error) {
      this.stages.broadcast.failed()
      this.#failed({ name: 'BUG: a store', message: said(error) })
    }
    this.stages.broadcast.stop(started, batch.length)
  }

  /** Lets those go on who wait for the journal. */
  #wake(): void {
    if (this.#waiting.length > 0 && this.busy === undefined) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #failed({ name, message, from }: Failure): void {
    const derived = from === undefined ? {} : { derived_from: { type: from.type, time: from.time } }
    this.trouble(FAILED, name, { processor: name, message: `${name}: ${message}`, ...derived })
  }

  #judged(processor: string, type: string, message: string): void {
    this.#options.log(message)
    this.trouble(type, processor, { processor, message })
  }

  #counts(channel: string): Counts {
    let counts = this.channels.get(channel)
    if (counts === undefined) {
      counts = { accepted: 0, rate: 0, rejected: 0, dropped: 0 }
      this.channels.set(channel, counts)
      this.#rates.set(channel, new Rate())
    }
    return counts
  }

  /** Tells of something that went wrong as an event, once it can be journaled; of each thing one a second at most, with the count. */
  trouble(type: string, about: string, info: Readonly<Record<string, unknown>>, count = 1): void {
    // After what runs now: a processor's failure must not enter the batch that is being worked on.
    if (this.#troubles.add(type, about, info, count)) this.#options.clock.after(0, () => this.#tell())
  }

  #tell(): void {
    if (this.busy !== undefined) return
    const told = this.#troubles.take()
    if (told === undefined) return
    this.add(told.events, this.#self).journaled.catch(() => told.back())
  }

  get #self(): Sender {
    return { channel: 'telltale', address: this.#options.hostname }
  }

  #press(reason: string): { refused: number } {
    if (this.#pressed === undefined) {
      this.#pressed = { since: this.#options.clock.now(), reason, refused: 0 }
      this.#options.log(`senders are pushed back: ${reason}`)
    }
    return this.#pressed
  }

  /** Says that senders are pushed back, and when that is over. */
  #weigh(): void {
    const { busy } = this
    if (busy !== undefined) this.#press(busy.reason)
    else if (this.#pressed !== undefined) {
      const { since, reason, refused } = this.#pressed
      this.#pressed = undefined
      const seconds = Math.max(0, this.#options.clock.now() - since) / 1_000
      this.#options.log(`senders are no longer pushed back, after ${Math.ceil(seconds)} s`)
      this.trouble('pressure', reason, { message: reason, began: since, seconds, refused })
    }
  }

  /** How fast everything is of late. */
  #measure(): void {
    const now = this.#options.clock.elapsed()
    for (const [channel, counts] of this.channels) counts.rate = this.#rates.get(channel)!.tick(counts.accepted, now)
    const processors = [...this.processors.codes].map(({ meter }) => meter)
    for (const meter of [...Object.values(this.stages), ...processors, ...this.broadcast.meters]) meter.tick(now)
  }

  #tick(): void {
    this.#weigh()
    this.#measure()
    this.#runner.weigh()
    this.#troubles.tick()
    this.#tell()
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
      this.add(events, this.#self)
    }
  }
}

function notTaken(error: Error): Taken {
  const journaled = Promise.reject(error)
  journaled.catch(() => {}) // whoever waits for it is told; nobody need wait
  return { accepted: 0, refused: 0, problems: [], journaled }
}
