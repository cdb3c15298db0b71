import { randomUUID } from 'node:crypto'
import type { Clock, EventInput } from '@telltale/event'
import type { History } from '@telltale/history'
import type { Intake } from '@telltale/pipeline'
import { finish } from '@telltale/query'
import type { Asker } from '../ask.ts'
import type { Live } from '../live.ts'
import { DeadMan } from './dead-man.ts'
import { Doors } from './doors.ts'
import { type Flight, question } from './flight.ts'
import type { Door } from './knock.ts'
import type { CanarySettings } from './options.ts'
import { type CanaryReport, reportOf, type StageReport, sentence } from './report.ts'
import { STAGES, Stage, type StageName } from './stage.ts'

/** What a canary comes by. */
export interface CanaryParts {
  intake: Intake
  live: Pick<Live, 'join'>
  asker: Pick<Asker, 'ask'>
  history: Pick<History, 'partial' | 'flushedSeq' | 'onFlushed'> & {
    readonly journal: Pick<History['journal'], 'lastSeq'>
    readonly status: Pick<History['status'], 'engine'>
  }
  clock: Clock
  /** Of its events. */
  hostname: string
  log: (message: string) => void
  /** Puts an event of Telltale's own making among the others. */
  tell: (event: EventInput) => void
}

/** ms between two looks at the time. */
const BEAT = 1000

/** So often the history must say that it does not have an event. */
const SURE = 2

/**
 * An event that goes in every few seconds like a sender's, and must come by everywhere an event must: the journal takes
 * it, whoever watches live sees it, a question finds it, the history has it, once. Where it does not, that is said: in
 * {@link report}, in the log, as an event, and outside, by silence.
 */
export class Canary {
  readonly #parts: CanaryParts
  readonly #settings: CanarySettings
  readonly #stages: Readonly<Record<StageName, Stage>>
  readonly #deadMan: DeadMan | undefined
  readonly #run = randomUUID().slice(0, 8)
  #sent = 0
  /** The one the journal has not answered for; before it has, no other is sent. */
  #entering: { flight: Flight; inside: boolean } | undefined
  readonly #watcher: ReturnType<Live['join']>
  #watching = false
  #asking = false
  #asksHistory = false
  /** Its own time in ms: what passed between two beats counts as two beats at most, so that nobody is late because this process stood still. */
  #time = 0
  #beatAt = 0
  #cancel: (() => void)[] = []
  #doors: Doors | undefined

  constructor(parts: CanaryParts, settings: CanarySettings) {
    this.#parts = parts
    this.#settings = settings
    const { every, limits, webhook } = settings
    const stage = (name: StageName): Stage =>
      new Stage({ name, limit: limits[name], hold: Math.max(limits[name], 2 * every) })
    this.#stages = {
      journal: stage('journal'),
      live: stage('live'),
      query: stage('query'),
      history: stage('history'),
    }
    this.#watcher = parts.live.join({ send: message => this.#heard(message), waiting: 0 })
    this.#deadMan = webhook && new DeadMan({ ...webhook, log: parts.log })
  }

  /** @param doors the ways in that are tried in turn */
  start(doors: readonly Door[] = []): void {
    const { clock, history, live, intake, hostname } = this.#parts
    const { every, limits } = this.#settings
    if (doors.length > 0) {
      const busy = (): boolean => intake.busy !== undefined
      const limit = Math.max(limits.journal, limits.live)
      const now = (): number => this.#now()
      this.#doors = new Doors({ live, busy, hostname, run: this.#run, limit, every, now }, doors)
    }
    this.#beatAt = clock.elapsed()
    this.#cancel = [
      clock.every(Math.min(BEAT, this.#settings.every), () => this.#look()),
      clock.every(this.#settings.every, () => {
        this.#send()
        this.#doors?.next()
      }),
      history.onFlushed(() => void this.#askHistory()),
    ]
    this.#send()
  }

  stop(): void {
    for (const cancel of this.#cancel.splice(0)) cancel()
    this.#watcher.leave()
    this.#doors?.stop()
    this.#deadMan?.stop()
  }

  get report(): CanaryReport {
    const { clock, history } = this.#parts
    const { engine } = history.status
    const of = (stage: Stage): StageReport => reportOf(stage, engine, this.#now(), clock.now())
    const inner = STAGES.map(name => of(this.#stages[name]))
    const stages = [...inner, ...(this.#doors?.stages ?? []).map(of)]
    return {
      well: inner.every(({ state }) => state === 'well') && stages.every(({ state }) => state !== 'failing'),
      every_ms: this.#settings.every,
      sent: this.#sent,
      stages,
      ...(this.#deadMan && { webhook: this.#deadMan.report }),
    }
  }

  #now(): number {
    return this.#time + Math.min(this.#parts.clock.elapsed() - this.#beatAt, 2 * BEAT)
  }

  #look(): void {
    this.#time = this.#now()
    this.#beatAt = this.#parts.clock.elapsed()
    this.#enter()
    void this.#ask()
    void this.#askHistory()
    for (const name of STAGES) this.#judge(this.#stages[name])
    const well = (name: StageName): boolean =>
      this.#stages[name].back > 0 && this.#stages[name].failingSince === undefined
    const hearing = well('journal') && well('live')
    this.#doors?.look(hearing)
    if (hearing) for (const stage of this.#doors?.stages ?? []) this.#judge(stage)
    const open = (this.#doors?.stages ?? []).every(({ failingSince }) => failingSince === undefined)
    if (STAGES.every(well) && open) this.#deadMan?.well(this.#time)
  }

  #judge(stage: Stage): void {
    const { intake, history, log, tell } = this.#parts
    const judged = stage.judge(this.#time)
    if (judged === undefined) return
    const failed = judged.change === 'failed'
    const message = failed
      ? sentence(stage, history.status.engine, this.#time)
      : `${stage.name} is well again after ${Math.round(judged.after / 1000)} s`
    log(`canary: ${message}`)
    if (intake.busy === undefined)
      tell({ type: failed ? 'canary_missing' : 'canary_back', tags: ['telltale'], stage: stage.name, message })
  }

  #send(): void {
    if (this.#entering !== undefined) return
    const id = `${this.#run}-${++this.#sent}`
    const flight: Flight = { id, time: 0, upto: Number.POSITIVE_INFINITY, seen: false, misses: 0 }
    this.#entering = { flight, inside: false }
    this.#stages.journal.expect(flight, this.#now())
    this.#enter()
  }

  /** Hands the event to the pipeline, unless it is refused now as any sender's would be. */
  #enter(): void {
    const entering = this.#entering
    if (entering === undefined || entering.inside) return
    const { intake, clock, hostname } = this.#parts
    const { journal } = this.#stages
    journal.trouble = intake.busy?.reason
    if (intake.busy !== undefined) return
    entering.inside = true
    const { flight } = entering
    flight.time = Math.floor(clock.now())
    this.#watch(true)
    const event = { type: 'telltale_canary', hostname, time: flight.time, additional_info: { canary: flight.id } }
    const taken = intake.take(Buffer.from(JSON.stringify(event)), { channel: 'canary', address: hostname })
    const journaled =
      taken.accepted === 1
        ? taken.journaled
        : Promise.reject(new Error(taken.problems[0]?.reason ?? 'the pipeline does not take it'))
    journaled.then(
      () => this.#entered(flight),
      (error: Error) => {
        this.#entering = undefined
        journal.failed(flight, `events cannot be journaled: ${error.message}`, this.#now())
      },
    )
  }

  /** It is acknowledged: from now on it must be everywhere. */
  #entered(flight: Flight): void {
    const { journal, live, query, history } = this.#stages
    const now = this.#now()
    this.#entering = undefined
    journal.found(flight, now)
    flight.upto = this.#parts.history.journal.lastSeq
    for (const stage of [live, query, history]) stage.expect(flight, now)
    if (flight.seen) this.#saw(flight)
    void this.#ask()
  }

  /** Subscribes as anybody would, for as long as one is on its way. */
  #watch(watching: boolean): void {
    if (this.#watching === watching) return
    this.#watching = watching
    this.#watcher.receive({
      id: 'canary',
      ...(watching ? { query: `canary ~ "${this.#run}-*"` } : { unsubscribe: true }),
    })
  }

  #heard(message: string): void {
    const { events } = JSON.parse(message) as { events?: { time: number; additional_info?: { canary?: unknown } }[] }
    for (const { time, additional_info } of events ?? []) {
      const id = String(additional_info?.canary)
      const entering = this.#entering?.flight
      const flight = entering?.id === id ? entering : this.#stages.live.of(id)
      if (flight === undefined) continue
      flight.time = time // a processor may have changed it
      flight.seen = true
      if (flight !== entering) this.#saw(flight)
    }
  }

  #saw(flight: Flight): void {
    const { live } = this.#stages
    live.lost += live.found(flight, this.#now())
    if (live.newest === undefined && this.#entering === undefined) this.#watch(false)
  }

  /** Asks for the newest as /v1/query would. One question at a time. */
  async #ask(): Promise<void> {
    const { query } = this.#stages
    const flight = query.newest
    if (flight === undefined || this.#asking) return
    this.#asking = true
    const { query: asked, scope } = question(flight)
    try {
      const { rows, stats } = await this.#parts.asker.ask(asked, scope)
      const count = rows[0]?.[0]
      if (count === 1) query.found(flight, this.#now())
      else if (count === 0) query.trouble = stats.coverage === 'exact' ? undefined : stats.coverage
      else query.failed(flight, `questions count an event ${count} times`, this.#now())
    } catch (error) {
      query.trouble = (error as Error).message
    }
    this.#asking = false
  }

  /** Asks the history for what it says it has, the oldest first. One question at a time. */
  async #askHistory(): Promise<void> {
    if (this.#asksHistory) return
    this.#asksHistory = true
    const { history } = this.#stages
    for (let flight = history.oldest; flight !== undefined; flight = history.oldest) {
      if (this.#parts.history.flushedSeq < flight.upto || !(await this.#inHistory(flight))) break
    }
    this.#asksHistory = false
  }

  /** @returns whether there was an answer */
  async #inHistory(flight: Flight): Promise<boolean> {
    const { history } = this.#stages
    const { query, scope } = question(flight)
    try {
      const { rows } = finish(query, await this.#parts.history.partial(query, scope), scope)
      const count = rows[0]?.[0]
      if (count === 1) history.found(flight, this.#now())
      else if (count === 0) {
        if (++flight.misses === SURE)
          history.failed(flight, 'the history does not have an event that it took', this.#now())
      } else history.failed(flight, `the history has an event ${count} times`, this.#now())
      return true
    } catch (error) {
      history.trouble = (error as Error).message
      return false
    }
  }
}
