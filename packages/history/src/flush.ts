import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { partIn } from './damage/unreadable.ts'
import type { Engine, EngineError } from './engine/engine.ts'
import type { Journal } from './journal/journal.ts'
import { read } from './journal/read.ts'
import type { Segment } from './journal/segment.ts'
import { setAside } from './journal/set-aside.ts'
import { text } from './literal.ts'
import { mend } from './mend.ts'
import { insertMissingSql, insertSql, STRUCTURE, TABLE } from './schema.ts'
import { atFault, othersGoIn } from './verdict.ts'

/** An event the engine would not take; its line is kept in `refused/`. */
export interface Refused {
  readonly segment: string
  readonly line: string
  readonly reason: string
}

export interface FlushHooks {
  /** Inserts; rejects as well where the disk may not have taken it. */
  proving(insert: () => Promise<void>): Promise<void>
  /** Events received before this, in ms, may have been let go of already, because of their age. */
  keptSince(): number
  /**
   * Segments, one after another, are in history, but the mark has not moved yet.
   * @param lacking how many events of each are not: damaged, refused, or let go of because of their age
   * @param last nothing behind them is in history, not even in part
   */
  loaded(segments: readonly Segment[], lacking: readonly number[], last: boolean): Promise<void>
  /** The mark moves behind a segment. */
  flushed(segment: Segment): void
  refused(refused: Refused): void
  /** It waits, and is offered again after a while. */
  failed(error: unknown): void
  /** Bytes of small segments that are offered together. Default 16 MiB. */
  together?: number
  /** ms for which a single event is offered again and again that the engine has not the memory for. Default a minute. */
  bear?: number
  log(message: string): void
}

const NEWLINE = 10
/** So much is offered together, where nothing else is said, of so many segments. */
const TOGETHER = 16 << 20
const MOST_TOGETHER = 100
/** How often the engine may crash or lack memory over a segment before it is offered in parts. */
const STRIKES = 3
/** How often it must crash over a single event, and nothing else, before the event is blamed; ms of the first wait between. */
const CRASHES = 4
const BREATH = 300
/** Likewise where the engine has not the memory for it: so often, and for so many ms. */
const LACKS = 4
const BEAR = 60_000

/**
 * Hands sealed segments to the engine, in order, small ones many at a time: each offer costs it as much as a thousand events do,
 * and a program that is killed again and again leaves small ones. An event counts once, however often it is offered: where
 * an earlier offer may have gone in, wholly or in part, only those go in that the engine does not have, by their seq.
 * (The engine's own deduplication can't be trusted with that: it notes a token before the part is there, so a kill in
 * between loses the part for good.) What the engine can't take never blocks the queue: good events go in, each bad one is
 * set aside and reported, also one that makes the engine crash. A table that is damaged is no event's fault: then all
 * wait until the damaged part is set aside, and {@link Flush.stuck} says why.
 */
export class Flush {
  readonly #journal: Journal
  readonly #engine: Engine
  readonly #hooks: FlushHooks
  #running: Promise<void> | undefined
  #stopped = false
  #retryAfter = 250
  #offers = 0
  #settled = false
  /** So many segments are offered together: half of those that failed, twice those that went in. */
  #most = MOST_TOGETHER
  /** Sealed in this life and never offered: surely not in the engine, not even in part. */
  readonly #fresh = new Set<string>()
  /** Failures of the segment being offered. */
  #strikes = 0
  #stuck: string | undefined
  /** The single event for which there was no memory, since when, and how often. */
  #lacking: { line: string; since: number; times: number } | undefined
  /** Lines of the segment being offered that were set aside. */
  readonly #refused = new Set<string>()

  constructor(journal: Journal, engine: Engine, hooks: FlushHooks) {
    this.#journal = journal
    this.#engine = engine
    this.#hooks = hooks
    journal.onSealed(({ name }) => this.#fresh.add(name))
  }

  /** Offers what is there, if it is not being offered already. */
  wake(): void {
    if (this.#stopped || this.#running !== undefined) return
    this.#running = this.#work().finally(() => {
      this.#running = undefined
    })
  }

  /** As {@link wake}, after what was in the way has gone. */
  again(): void {
    this.#retryAfter = 250
    this.wake()
  }

  /** Offers what is there and resolves when the last of it was taken, or the engine failed. */
  async drain(): Promise<void> {
    this.wake()
    await this.#running
  }

  /** Which offer was the last, where the engine holds nothing above the mark; undefined where it may. */
  get settled(): number | undefined {
    return this.#settled ? this.#offers : undefined
  }

  /** Why the oldest segment still waits though it was offered; undefined where all goes well. */
  get stuck(): string | undefined {
    return this.#stuck
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #work(): Promise<void> {
    for (let segments = this.#next(); segments.length > 0 && !this.#stopped; segments = this.#next()) {
      this.#settled = false
      this.#offers++
      try {
        const fresh = await this.#offer(segments)
        const lacking = await this.#proveThere(segments)
        // What was offered before may have gone in together with what is behind it, though that failed.
        await this.#hooks.loaded(segments, lacking, fresh)
        // The mark moves first: an event must never be in neither place, and is counted in only one of them by its seq.
        this.#hooks.flushed(segments.at(-1)!)
        this.#settled = fresh
        for (const segment of segments) await this.#journal.remove(segment)
        this.#most = Math.min(this.#most * 2, MOST_TOGETHER)
        this.#retryAfter = 250
        this.#strikes = 0
        this.#stuck = undefined
        this.#refused.clear()
      } catch (error) {
        if (segments.length > 1) {
          this.#most = segments.length >> 1
          continue
        }
        const why = said(error as EngineError)
        this.#stuck = (error as EngineError).gone ? undefined : why
        this.#hooks.log(`segment ${segments[0]!.name} waits: ${why}`)
        if (this.#stopped) return
        this.#hooks.failed(error)
        setTimeout(() => this.wake(), this.#retryAfter).unref()
        this.#retryAfter = Math.min(this.#retryAfter * 2, 30_000)
        return
      }
    }
    if (this.#journal.sealed[0] === undefined) this.#settled = true
  }

  /** The oldest segment, with those of its collector behind it as long as they are small. */
  #next(): readonly Segment[] {
    const { sealed } = this.#journal
    let bytes = 0
    let count = 0
    for (const segment of sealed.slice(0, this.#most)) {
      bytes += segment.bytes
      if (count > 0 && (bytes > (this.#hooks.together ?? TOGETHER) || segment.collector !== sealed[0]!.collector)) break
      count++
    }
    return sealed.slice(0, count)
  }

  /**
   * Several are taken all or not at all; how to go on with one that is not taken is found where it is alone.
   * @returns whether none of them had been offered before
   */
  async #offer(segments: readonly Segment[]): Promise<boolean> {
    const fresh = segments.filter(({ name }) => this.#fresh.delete(name)).length === segments.length
    for (const segment of segments) await this.#journal.prove(segment)
    const files = segments.map(({ path }) => path)
    try {
      await this.#load(files, fresh ? insertSql : insertMissingSql(spanOf(segments)))
    } catch (error) {
      const [segment, ...others] = segments as [Segment, ...Segment[]]
      if (others.length > 0) throw error
      const failure = error as EngineError
      if (failure.heavy) this.#strikes++
      if (failure.data !== true && this.#strikes < STRIKES) throw failure
      if (!(await this.#lessMayDo(segment.path, failure))) throw failure
      await this.#offerMended(segment)
    }
    return fresh
  }

  /**
   * The engine takes what it cannot read of a file for its end, and calls the insert done.
   * @returns how many events of each segment the table lacks, by right
   * @throws where it lacks some that it should have
   */
  async #proveThere(segments: readonly Segment[]): Promise<number[]> {
    const { collector, firstSeq, lastSeq } = spanOf(segments)
    const each = segments.map(segment => `countIf(seq BETWEEN ${segment.firstSeq} AND ${segment.lastSeq})`)
    const { bytes } = await this.#engine.read(
      `SELECT ${each} FROM ${TABLE} WHERE collector = ${text(collector)} AND seq BETWEEN ${firstSeq} AND ${lastSeq}`,
    )
    const there = bytes.toString().split('\t').map(Number)
    for (const [i, segment] of segments.entries()) {
      if (there[i]! >= segment.events) continue
      let expected = -this.#refused.size // and without those that were damaged
      for await (const { receivedAt, length } of read(segment))
        for (let row = 0; row < length; row++) if (receivedAt[row]! >= this.#hooks.keptSince()) expected++
      if (there[i]! < expected)
        throw new Error(`${expected - there[i]!} of its events did not go in: they are offered again`)
    }
    return segments.map(({ events }, i) => Math.max(0, events - there[i]!))
  }

  /** Whether part of a file that failed may go in: there was too much of it, or an event in it is at fault. */
  async #lessMayDo(path: string, failure: EngineError): Promise<boolean> {
    if (!failure.data && !failure.died) return failure.heavy
    if (failure.died) await sleep(BREATH)
    const engine: Pick<Engine, 'load' | 'command'> = {
      load: given => this.#up().then(() => this.#engine.load(given)),
      command: sql => this.#up().then(() => this.#engine.command(sql)),
    }
    return atFault(engine, path, failure)
  }

  async #offerMended(segment: Segment): Promise<void> {
    const mended = join(dirname(segment.path), `${segment.name}.mended`)
    try {
      await mend(segment.path, mended)
      await this.#bisect(segment, mended)
    } finally {
      await rm(mended, { force: true })
    }
  }

  /** Loads a file; where its data is refused, its halves. */
  async #bisect(segment: Segment, path: string): Promise<void> {
    if (this.#refused.size > 0 && this.#refused.has(await readFile(path, 'utf8'))) return
    if ((await this.#tried(segment, path)) === undefined) return
    const lines = await readFile(path)
    const middle = lines.indexOf(NEWLINE, Math.floor(lines.length / 2) - 1) + 1 || lines.lastIndexOf(NEWLINE, -2) + 1
    const cut = middle < lines.length ? middle : lines.lastIndexOf(NEWLINE, -2) + 1
    if (cut <= 0) return this.#last(segment, path, lines.toString())
    for (const [half, bytes] of [lines.subarray(0, cut), lines.subarray(cut)].entries()) {
      const part = `${path}${half}`
      try {
        await writeFile(part, bytes)
        await this.#bisect(segment, part)
      } finally {
        await rm(part, { force: true })
      }
    }
  }

  /**
   * A single event that failed. It is at fault only where the engine says so of the event alone, or crashes over it again
   * and again, or has not the memory for it for long though it has for another: others kill engines too, disks fail, memory
   * runs out, and then it waits.
   */
  async #last(segment: Segment, path: string, line: string): Promise<void> {
    for (let crashes = 0; ; ) {
      const failure = await this.#tried(segment, path)
      if (failure === undefined) return
      if (failure.heavy && !failure.died && !this.#stopped && (await this.#tooHeavy(line, dirname(path))))
        return this.#refuse(segment, line, `the engine has not the memory for it, of ${line.length} characters`)
      if ((!failure.data && !failure.died) || this.#stopped) throw failure
      if (failure.data || ++crashes >= CRASHES) return this.#refuse(segment, line, failure.message)
      await sleep(BREATH * 2 ** (crashes - 1))
    }
  }

  /** Whether there is no memory for one event, again and again, though there is for another. */
  async #tooHeavy(line: string, dir: string): Promise<boolean> {
    if (this.#lacking?.line !== line) this.#lacking = { line, since: performance.now(), times: 0 }
    const { since } = this.#lacking
    if (++this.#lacking.times < LACKS || performance.now() - since < (this.#hooks.bear ?? BEAR)) return false
    return othersGoIn(this.#engine, dir)
  }

  /** Loads a file. @returns why it failed, where less of it may do; a crash over something else is tried again */
  async #tried(segment: Segment, path: string): Promise<EngineError | undefined> {
    for (let crashes = 0; ; ) {
      try {
        await this.#load([path], insertMissingSql(segment))
        return undefined
      } catch (error) {
        const failure = error as EngineError
        if (await this.#lessMayDo(path, failure)) return failure
        if (failure.died !== true || ++crashes >= CRASHES || this.#stopped) throw failure
      }
    }
  }

  async #refuse(segment: Segment, line: string, reason: string): Promise<void> {
    await setAside(segment, [line])
    this.#refused.add(line)
    this.#lacking = undefined
    this.#hooks.refused({ segment: segment.name, line, reason })
  }

  async #load(files: readonly string[], sql: (source: string) => string): Promise<void> {
    await this.#up()
    return this.#hooks.proving(() => this.#engine.load({ files, sql, structure: STRUCTURE }))
  }

  /** It comes back by itself a moment after a crash. */
  async #up(): Promise<void> {
    while (!this.#stopped && (this.#engine.state.kind === 'starting' || this.#engine.state.kind === 'down'))
      await sleep(50)
  }
}

/** Which seqs of which collector are in segments, one after another; between two of them may be others. */
type Span = Pick<Segment, 'collector' | 'firstSeq' | 'lastSeq'>

export function spanOf(segments: readonly Segment[]): Span {
  const { collector, firstSeq } = segments[0]!
  return { collector, firstSeq, lastSeq: segments.at(-1)!.lastSeq }
}

function said(error: EngineError): string {
  const { message, words = message, died, heavy } = error
  if (heavy && !died) return 'the engine has not the memory for it at this moment (see history.memory)'
  const part = partIn(error)
  if (part === undefined) return message
  return `the history is damaged on disk: ${part.path} can't be read; where it stays so it is set aside, and until then events wait in the journal (${words.split('\n')[0]!.slice(0, 300)})`
}
