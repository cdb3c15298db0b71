import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Batch, type Clock, wallClock } from '@telltale/event'
import type { Partial, Query, Scope } from '@telltale/query'
import { type AskOptions, ask } from './ask.ts'
import { maxTimeBeside, newestCollector, usedAbove } from './collected.ts'
import { ENGINE_MEMORY } from './engine/config.ts'
import { embedded } from './engine/embedded.ts'
import { ABSENT, type Engine, EngineError, type EngineState } from './engine/engine.ts'
import type { EngineNews } from './engine/outage.ts'
import { Flush, type Refused } from './flush.ts'
import { folderError } from './folder-error.ts'
import { type Journal, journal } from './journal/journal.ts'
import { DEFAULTS } from './journal/options.ts'
import type { Segment } from './journal/segment.ts'
import { keepMs } from './keep.ts'
import { makeFolder } from './lasting.ts'
import { latest, stored } from './latest.ts'
import { lock } from './lock.ts'
import type { HistoryOptions } from './options.ts'
import { retain, TABLE } from './schema.ts'
import { type SqlResult, sql } from './sql.ts'
import type { HistoryStatus } from './status.ts'
import { Table } from './table.ts'

/** ms after a hand-over in which the next is to be expected. */
const QUIET = 10_000
/** ms between two looks at the parts of the table; what was merged is kept for four times as long. */
const LOOK = 30_000
/** ms until the next try to prepare an engine that is there. */
const AGAIN = 2000
/** Bytes of a damaged line that are told; all of it is set aside. */
const MOST_OF_A_LINE = 65_536
/** ms before its time is over in which an event may be let go of already: engines look at whole seconds, of their own clock. */
const HOUR = 3_600_000
/** ms a stop gives the engine to take what is left; the next start offers the rest. */
const DRAIN = 10_000

export function history(options: HistoryOptions): History {
  return new History(options)
}

/** Every event, on disk: the journal that acknowledges, and the engine that answers for what is at or below the flushed mark. */
export class History {
  readonly journal: Journal
  readonly #engine: Engine
  readonly #path: string
  readonly #clock: Clock
  readonly #flush: Flush
  readonly #table: Table
  readonly #log: (message: string) => void
  #keep: number
  #flushedSeq = 0
  #hole = 0
  #flushedAt = Number.NEGATIVE_INFINITY
  #refused = 0
  #damaged = 0
  /** The engine's table is one this version may write to. */
  #usable = false
  /** Why the engine went the last time. */
  #went: string | undefined
  #unlock: (() => Promise<void>) | undefined
  #cancel: (() => void)[] = []
  readonly #flushListeners = new Set<(seq: number) => void>()

  constructor(options: HistoryOptions) {
    this.#path = resolve(options.path)
    this.#clock = options.clock ?? wallClock
    this.#log = options.log ?? (() => {})
    this.#keep = keepMs(options.keep ?? '90d')
    const { memory = ENGINE_MEMORY, collector } = options
    const onNews = (news: EngineNews): void => {
      this.#went = news.reason
      options.onEngine?.(news)
    }
    this.#engine = options.engine ?? embedded({ path: join(this.#path, 'history'), log: this.#log, memory, onNews })
    // An insert takes five to nine times its segment: enough must be left for merges and queries.
    const segmentBytes = Math.min(DEFAULTS.segmentBytes, Math.floor(memory / 20))
    this.journal = journal({
      segmentBytes,
      ...options.journal,
      dir: join(this.#path, 'journal'),
      clock: this.#clock,
      ...(collector === undefined ? {} : { collector }),
    })
    const set = (refused: Refused): void => {
      this.#refused++
      options.onRefused?.(refused)
    }
    this.journal.onDamaged(({ segment, events, lines }) => {
      this.#damaged += events
      const { name } = segment
      const aside = `what is left of them is set aside in ${join(this.#path, 'journal', 'refused')}`
      this.#log(
        events === 0
          ? `of the journal's segment ${name} only the sums were damaged on disk, none of its events`
          : `${events} events of the journal's segment ${name} were damaged on disk; ${lines.length > 0 ? aside : 'its file ends before them'}`,
      )
      if (events > 0) options.onDamaged?.({ segment: name, events })
      if (events > 0 && segment.collector === this.journal.collector) this.#hole = Math.max(this.#hole, segment.lastSeq)
      for (const line of lines)
        set({
          segment: segment.name,
          line: line.toString('utf8', 0, MOST_OF_A_LINE),
          reason: 'it was damaged on disk: its sum is wrong',
        })
    })
    this.#table = new Table({
      engine: this.#engine,
      path: this.#path,
      clock: this.#clock,
      collector: () => this.journal.collector,
      mark: () => this.#flushedSeq,
      keep: () => this.#keep,
      fileBytes: segmentBytes,
      patience: options.patience,
      log: this.#log,
      onSetAside: about => options.onSetAside?.(about),
      onWhole: () => this.#flush.again(),
    })
    this.#flush = new Flush(this.journal, this.#engine, {
      log: this.#log,
      proving: insert => this.#table.parts.proving(insert),
      keptSince: () => this.#clock.now() - this.#keep + Math.min(HOUR, this.#keep / 4),
      together: segmentBytes,
      loaded: (...loaded) => this.#table.loaded(...loaded),
      flushed: segment => this.#flushed(segment),
      refused: refused => {
        this.#log(`an event was refused by the history and set aside: ${refused.reason}`)
        set(refused)
      },
      failed: error => this.#table.failed(error),
    })
  }

  /**
   * Rejects only where the folder is another's or can't be written; without an engine it goes on with the journal alone.
   * @param signal aborted where it is not to start after all: what it has opened is closed, and it rejects
   */
  async start(signal?: AbortSignal): Promise<void> {
    try {
      await makeFolder(this.#path)
      this.#unlock = await lock(this.#path)
    } catch (error) {
      throw folderError(error, this.#path)
    }
    const enough = (): void => void this.#engine.stop()
    signal?.addEventListener('abort', enough)
    try {
      signal?.throwIfAborted()
      const prepared = await this.#ready()
      signal?.throwIfAborted()
      await this.journal.open(
        async above => (prepared ? usedAbove(this.#engine, this.journal.collector, above) : 0),
        async () => (await this.#table.collector()) ?? (prepared ? newestCollector(this.#engine) : undefined),
      )
      await this.#begin(prepared)
    } catch (error) {
      await this.stop()
      throw folderError(error, this.#path)
    } finally {
      signal?.removeEventListener('abort', enough)
    }
  }

  /** @returns whether there is an engine, with all that is needed of it */
  async #ready(): Promise<boolean> {
    try {
      await this.#engine.start()
      await this.#table.prepare()
      return true
    } catch (error) {
      this.#log(`no history for now: ${(error as Error).message}`)
      return false
    }
  }

  async #begin(prepared: boolean): Promise<void> {
    if (this.journal.renamed)
      this.#log(
        `${join(this.journal.dir, 'collector')} was missing or not valid: it says ${this.journal.collector} again, the name of the events that are there`,
      )
    this.#flushedSeq =
      (this.journal.sealed.find(s => s.collector === this.journal.collector)?.firstSeq ?? this.journal.lastSeq + 1) - 1
    if (prepared) await this.#use()
    this.#cancel.push(
      this.#clock.every(LOOK, () => {
        if (this.#usable && this.#engine.state.kind === 'ready') this.#table.look()
      }),
      this.#engine.onReady(() => void this.#again()),
      this.journal.onSealed(() => {
        if (this.#usable) this.#flush.wake()
        void this.#makeRoom()
      }),
    )
    // It failed to be prepared, and came up again before anybody listened.
    if (!prepared && this.#engine.state.kind === 'ready') void this.#again()
  }

  /** Writes, seals and hands over what is left, as far as it goes in a while, then stops the engine. */
  async stop(): Promise<void> {
    for (const cancel of this.#cancel.splice(0)) cancel()
    await this.journal.close()
    const salvaged = this.#table.stop()
    if (this.#usable && this.#engine.state.kind === 'ready')
      await Promise.race([this.#flush.drain(), sleep(DRAIN, undefined, { ref: false })])
    await this.#flush.stop()
    await Promise.race([salvaged, sleep(DRAIN, undefined, { ref: false })])
    if (this.#usable && this.#engine.state.kind === 'ready')
      await Promise.race([
        this.#table.note().catch(() => {}), // the one before says less, and is as true
        sleep(DRAIN, undefined, { ref: false }),
      ])
    await this.#engine.stop()
    await this.#unlock?.()
  }

  append(...batches: readonly Batch[]): Promise<void> {
    return this.journal.append(...batches)
  }

  /** Every event of this collector with a seq at or below is in history, none above. */
  get flushedSeq(): number {
    return this.#flushedSeq
  }

  /**
   * While the mark is below this seq the table may hold events above it: the journal lost them, in a power cut or by damage,
   * after they had gone in, so that neither it nor a ring has them.
   */
  get hole(): number {
    return Math.max(this.#hole, ...this.journal.holes.values())
  }

  /** Calls back whenever the flushed mark moves. */
  onFlushed(listener: (seq: number) => void): () => void {
    this.#flushListeners.add(listener)
    return () => this.#flushListeners.delete(listener)
  }

  get status(): HistoryStatus {
    const state = this.#state
    const waiting = this.journal.lastSeq - this.#flushedSeq
    return {
      engine: state,
      waiting,
      waitingBytes: this.journal.bytes,
      flushedSeq: this.#flushedSeq,
      refused: this.#refused,
      damaged: this.#damaged,
      detached: this.#table.asides.map(({ name }) => name),
      missing: this.#table.missing.aside,
      lost: this.#table.missing.lost,
      stuck: this.#flush.stuck,
    }
  }

  /** Until it is known what the engine let go of at its start, its answers may lack that without a word: it is starting. */
  get #state(): EngineState {
    const { state } = this.#engine
    if (state.kind !== 'ready' || this.#table.prepared) return state
    return { kind: 'starting', ...(this.#went === undefined ? {} : { reason: `again, it went down: ${this.#went}` }) }
  }

  /** Times the engine was started again after a failure. */
  get restarts(): number {
    return this.#engine.restarts
  }

  /** Events of other collectors, of an earlier life under another name, that are in the journal alone. */
  get waitingOfOthers(): number {
    const others = this.journal.sealed.filter(({ collector }) => collector !== this.journal.collector)
    return others.reduce((sum, { events }) => sum + events, 0)
  }

  /** Seals and hands over all that was appended so far. */
  async flush(): Promise<void> {
    await this.journal.seal()
    if (this.#usable) await this.#flush.drain()
  }

  /**
   * What the events at or below the flushed mark make of a query; of a lower mark where the scope says so.
   * @param query one that has passed `check`
   */
  async partial(query: Query, scope: Scope, options?: AskOptions): Promise<Partial> {
    const uptoSeq = Math.min(scope.uptoSeq ?? Number.POSITIVE_INFINITY, this.#flushedSeq)
    const run = (own: Scope, parts: readonly string[] = []): Promise<Partial> =>
      this.#table.noticing(
        ask(this.#engine, this.#table.fields, this.journal.collector, query, own, { ...options, parts }),
      )
    // Reading every row's seq can cost more than the rest of a query, so not where nothing is above the mark, before and after.
    const { settled } = this.#flush
    const quiet = this.#clock.elapsed() - this.#flushedAt > QUIET
    if (settled !== undefined && quiet && uptoSeq === this.#flushedSeq) {
      const { uptoSeq: _, ...open } = scope
      const partial = await run(open)
      if (this.#flush.settled === settled) return partial
    }
    return run({ ...scope, uptoSeq }, this.#table.parts.below(uptoSeq))
  }

  /** Changes whenever events leave the table or come back to it, because a part was damaged: ask again what was asked meanwhile. */
  get revision(): number {
    return this.#table.revision
  }

  /** What {@link partial} lacks in a range of time, because it was damaged on disk; undefined where it lacks nothing. */
  uncovered(scope: Pick<Scope, 'from' | 'to'>): string | undefined {
    return this.#table.uncovered(scope)
  }

  /** Answers one SELECT a person wrote over the table `events`; for admins. Rejects with a sentence where it may not run. */
  sql(statement: string, options?: { signal?: AbortSignal }): Promise<SqlResult> {
    return this.#table.noticing(sql(this.#engine, statement, options))
  }

  /** Every path of additional_info history ever held, with the engine's names of the types found there. */
  get fields(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#table.fields.all
  }

  /** How many events history holds. */
  async count(): Promise<number> {
    return Number((await this.#engine.read(`SELECT count() FROM ${TABLE}`)).bytes.toString())
  }

  /**
   * The greatest event time, in ms, among what a ring of this collector's events from a seq on lacks: those below, those of
   * others, and those that history lost; undefined where there are none. Rejects with what is `gone` until the table is there.
   */
  async maxTimeBelow(seq: number): Promise<number | undefined> {
    if (!this.#usable || this.#state.kind !== 'ready') throw new EngineError('the history is not ready yet', ABSENT)
    const found = await this.#table.noticing(maxTimeBeside(this.#engine, this.journal.collector, seq))
    const times = [found, this.#table.missingBefore].filter(time => time !== undefined)
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /** The events above one seq up to another, of those at or below the flushed mark, rising. For filling a ring from behind. */
  stored(after: number, upto: number): AsyncGenerator<Batch> {
    return this.#stored(after, upto)
  }

  /** The n newest events by seq, oldest first: history's, then those only the journal has. For filling a ring. */
  latest(n: number): AsyncGenerator<Batch> {
    return latest(this.#engine, this.journal, () => this.#flushedSeq, n)
  }

  /**
   * The journal's events with a seq above `after`, from the segment of the first up to and with that of `upto`: those a ring
   * has already let go of and history does not hold yet. Rejects with ENOENT where a segment is handed over meanwhile, and
   * the mark has moved, or is just being sealed: to be asked again.
   */
  unflushed(after: number, upto: number): AsyncGenerator<Batch> {
    // Now, not when the first is asked for: what is handed over meanwhile must be missed aloud.
    return this.#read(this.journal.holding(after, upto))
  }

  async *#stored(after: number, upto: number): AsyncGenerator<Batch> {
    const batches = stored(this.#engine, this.journal.collector, after, upto)
    const next = (): Promise<IteratorResult<Batch>> => this.#table.noticing(batches.next())
    for (let one = await next(); !one.done; one = await next()) yield one.value
  }

  async *#read(segments: readonly Segment[]): AsyncGenerator<Batch> {
    for (const segment of segments) yield* this.journal.read(segment)
  }

  /** Changes how long events are kept after they were received. */
  async keep(keep: string | number): Promise<void> {
    this.#keep = keepMs(keep)
    if (this.#engine.state.kind === 'ready') await retain(this.#engine, this.#keep)
  }

  async #use(): Promise<void> {
    if (!this.#usable) await this.#table.begin()
    this.#usable = true
    this.#table.again()
    this.#flush.wake()
    await retain(this.#engine, this.#keep)
  }

  /** Until it is usable, again and again: the disk may fail for a while. */
  async #again(): Promise<void> {
    try {
      await this.#table.prepare()
      await this.#use()
    } catch (error) {
      this.#log(`no history for now: ${(error as Error).message}`)
      if (this.#engine.state.kind === 'ready' && this.#state.kind !== 'ready')
        this.#cancel.push(this.#clock.after(AGAIN, () => void this.#again()))
    }
  }

  /** Where no engine will ever take them, the oldest segments go, so that the journal does not stop intake for good. */
  async #makeRoom(): Promise<void> {
    const { state } = this.#engine
    while (state.kind === 'unavailable' && this.journal.fullness > 0.5) {
      const oldest = this.journal.sealed[0]
      if (oldest === undefined) return
      await this.journal.remove(oldest)
      this.#log(
        `no history to take them: ${oldest.events} events up to seq ${oldest.lastSeq} were dropped from the journal`,
      )
    }
  }

  #flushed({ collector, lastSeq }: Segment): void {
    if (collector !== this.journal.collector) return
    // What the journal lost behind it is in the table or nowhere.
    this.#flushedSeq = this.journal.holes.get(lastSeq) ?? lastSeq
    this.#flushedAt = this.#clock.elapsed()
    this.#table.moved()
    for (const listener of this.#flushListeners) listener(this.#flushedSeq)
  }
}
