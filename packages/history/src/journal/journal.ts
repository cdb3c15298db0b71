import { unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Batch, wallClock, writeLines } from '@telltale/event'
import { makeFolder, syncFolder } from '../lasting.ts'
import { Backlog } from './backlog.ts'
import { collectorOf } from './collector.ts'
import { OpenSegment } from './open-segment.ts'
import { DEFAULTS, type JournalOptions, MIB } from './options.ts'
import type { Damage } from './prove.ts'
import { read } from './read.ts'
import { recover } from './recover.ts'
import { COLLECTOR, list, type Segment } from './segment.ts'
import { sumsLine } from './sums.ts'
import { writeError } from './write-error.ts'

/** Why the journal takes nothing now. */
export interface Pressure {
  readonly reason: string
  /** Seconds until it may be worth trying again. */
  readonly retryAfter: number
}

interface Waiting {
  lines: readonly Buffer[]
  bytes: number
  batches: readonly Batch[]
  resolve: () => void
  reject: (error: Error) => void
}

const GROUP_BYTES = 4 * MIB
const PROBE_EVERY = 1000
/** ms, of the policy `50ms`. */
const SYNC_EVERY = 50
/** Sealed segments waiting for history from which on age alone seals no more. */
const MANY = 3

export function journal(options: JournalOptions): Journal {
  return new Journal(options)
}

/** Acknowledged means journaled: a folder of segments that every event passes on its way to history. */
export class Journal {
  /** Bytes found half written at open, cut off and kept in `.torn` files. */
  torn = 0
  /** The file that keeps the collector's name was lost, and the name was found elsewhere. */
  renamed = false
  readonly dir: string
  readonly #options: Required<Omit<JournalOptions, 'collector' | 'dir'>>
  readonly #backlog: Backlog
  #collector = ''
  #lastSeq = 0
  #open: OpenSegment | undefined
  /** Written to its end, and being sealed while the next one takes what comes. */
  #leaving: OpenSegment | undefined
  #sealing: Promise<void> | undefined
  #queue: Waiting[] = []
  #waiting = 0
  /** Seal once the queue is empty. */
  #sealNow = false
  /** Seal at once: its first event is old enough. */
  #aged = false
  #running: Promise<void> | undefined
  #failure: string | undefined
  #pressure: Pressure | undefined
  #closed = true
  #probing = false
  #cancel: (() => void)[] = []
  #cancelAge: (() => void) | undefined
  #syncTimer: NodeJS.Timeout | undefined
  /** When the last sync began, by the clock's elapsed time. */
  #syncedAt = Number.NEGATIVE_INFINITY
  readonly #holes = new Map<number, number>()
  readonly #sealListeners = new Set<(segment: Segment) => void>()
  readonly #pressureListeners = new Set<(pressure: Pressure | undefined) => void>()

  constructor(options: JournalOptions) {
    const { dir, collector = '', ...rest } = options
    if (collector !== '' && !COLLECTOR.test(collector))
      throw new Error(`collector "${collector}": expected 1 to 64 letters, digits, "-" or "_"`)
    if ((rest.segmentBytes ?? 0) > 256 * MIB)
      throw new Error(
        `journal.segmentBytes: at most 256 MiB, so that one insert is one part; found ${rest.segmentBytes}`,
      )
    this.dir = dir
    this.#collector = collector
    this.#options = { ...DEFAULTS, sync: '50ms', clock: wallClock, ...rest }
    this.#backlog = new Backlog(this.#options.clock)
  }

  /** This Telltale's name among collectors; with seq it identifies an event. */
  get collector(): string {
    return this.#collector
  }

  /**
   * Where seqs that were given out are in none of the segments an earlier life left, because a power cut took them: the last
   * of them, by the seq before the first. History may have them all the same.
   */
  get holes(): ReadonlyMap<number, number> {
    return this.#holes
  }

  /** The highest seq given out. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  /** Sealed segments not yet removed, in order. */
  get sealed(): readonly Segment[] {
    return this.#backlog.segments
  }

  /** Bytes on disk that history does not yet hold. */
  get bytes(): number {
    return this.#backlog.bytes + (this.#leaving?.bytes ?? 0) + (this.#open?.bytes ?? 0)
  }

  /** How much of its bound the journal uses, from 0 to 1 and a little more. */
  get fullness(): number {
    return this.bytes / this.#options.maxBytes
  }

  /** Set while channels should refuse, wait or count drops. */
  get pressure(): Pressure | undefined {
    return this.#pressure
  }

  /**
   * Seals what a crash left open and begins a new segment.
   * @param used the highest seq above the given one that this collector used already (history knows: a power cut can take
   * a file whose events it holds); 0 where there is none
   * @param name whose events history holds, asked where the journal's own file of it was lost
   */
  async open(
    used: (above: number) => Promise<number> = async () => 0,
    name: () => Promise<string | undefined> = async () => undefined,
  ): Promise<void> {
    await makeFolder(this.dir)
    const found = await list(this.dir)
    if (this.#collector === '') {
      const { collector, recovered } = await collectorOf(this.dir, found, name)
      this.#collector = collector
      this.renamed = recovered
    }
    this.#lastSeq = 0
    for (const left of found.open) {
      const { segment, torn } = await recover(left.path, left.collector, left.firstSeq)
      this.torn += torn
      if (segment !== undefined) found.sealed.push(segment)
      if (left.collector === this.#collector) this.#lastSeq = Math.max(this.#lastSeq, left.firstSeq - 1)
    }
    for (const segment of found.sealed.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      this.#backlog.addLeft(segment)
      if (segment.collector === this.#collector) this.#lastSeq = Math.max(this.#lastSeq, segment.lastSeq)
    }
    this.#lastSeq = Math.max(this.#lastSeq, await used(this.#lastSeq))
    const own = this.sealed.filter(segment => segment.collector === this.#collector)
    for (const [i, { lastSeq }] of own.entries()) {
      const next = own[i + 1]?.firstSeq ?? this.#lastSeq + 1
      if (next > lastSeq + 1) this.#holes.set(lastSeq, next - 1)
    }
    this.#open = await OpenSegment.create(this.dir, this.#collector, this.#lastSeq + 1)
    await syncFolder(this.dir)
    this.#closed = false
    if (this.#options.sync === '50ms') this.#syncTimer = setInterval(() => this.#syncSoon(), SYNC_EVERY).unref()
    this.#cancel.push(this.#options.clock.every(PROBE_EVERY, () => void this.#probe()))
    this.#weigh()
  }

  /**
   * Gives the batches their seq and collector at once, then writes them; what waits together is written together.
   * Resolves once all are durable by the policy; rejects with a sentence where they could not be written, and then
   * nothing of any is kept and their seq is free again. In the order of the calls, seq rises.
   */
  append(...batches: readonly Batch[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the journal is closed'))
    if (this.#failure !== undefined) return Promise.reject(new Error(this.#failure))
    const full = this.#full(1.1)
    if (full !== undefined) return Promise.reject(new Error(full))
    if (batches.every(({ length }) => length === 0)) return Promise.resolve()
    const lines = batches.map(batch => {
      batch.seq = this.#lastSeq + 1
      batch.collector = this.#collector
      this.#lastSeq += batch.length
      return writeLines(batch)
    })
    const bytes = lines.reduce((sum, { length }) => sum + length, 0)
    this.#waiting += bytes
    this.#weigh()
    return new Promise((resolve, reject) => {
      this.#queue.push({ lines, bytes, batches, resolve, reject })
      this.#run()
    })
  }

  /** Seals the open segment now, if there is anything in it. */
  async seal(): Promise<void> {
    this.#sealNow = true
    this.#run()
    while (this.#running !== undefined) await this.#running
    await this.#sealing
  }

  /** Calls back with each segment as it is sealed; the returned function stops that. */
  onSealed(listener: (segment: Segment) => void): () => void {
    this.#sealListeners.add(listener)
    return () => this.#sealListeners.delete(listener)
  }

  /** Calls back whenever pressure comes, goes or changes its reason. */
  onPressure(listener: (pressure: Pressure | undefined) => void): () => void {
    this.#pressureListeners.add(listener)
    return () => this.#pressureListeners.delete(listener)
  }

  /** Forgets a segment, once history holds it or its file was moved elsewhere. */
  async remove(segment: Segment): Promise<void> {
    await this.#backlog.remove(segment)
    this.#weigh()
  }

  /** Segments as they are now, rising, that hold this collector's events above a seq up to another; also those not sealed yet. */
  holding(after: number, upto: number): Segment[] {
    const unsealed = [this.#leaving, this.#open].flatMap(open =>
      open === undefined || open.bytes === 0 ? [] : [open.view()],
    )
    return [...this.sealed, ...unsealed].filter(
      ({ collector, firstSeq, lastSeq }) => collector === this.#collector && lastSeq > after && firstSeq <= upto,
    )
  }

  /** The events of a segment, in order. */
  async *read(segment: Segment): AsyncGenerator<Batch> {
    await this.prove(segment)
    yield* read(segment)
  }

  /** Sees to it that a segment an earlier life left, or that waits for long, holds nothing that the disk has changed. */
  prove(segment: Segment): Promise<void> {
    return this.#backlog.prove(segment)
  }

  /** Calls back with what is found to be damaged on disk. */
  onDamaged(listener: (damage: Damage) => void): () => void {
    return this.#backlog.onDamaged(listener)
  }

  /** Writes and seals what is left. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const cancel of this.#cancel) cancel()
    this.#cancelAge?.()
    clearInterval(this.#syncTimer)
    await this.seal()
    await this.#leaving?.close().catch(() => {})
    await this.#open?.close()
  }

  /** Never after a failure: until the probe has mended what was left half done, it alone touches the open segment. */
  get #due(): boolean {
    return this.#failure === undefined && (this.#queue.length > 0 || this.#sealNow || this.#aged)
  }

  #run(): void {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined
      if (this.#due) this.#run()
    })
  }

  /** The only place that writes: one group after another. */
  async #work(): Promise<void> {
    const { sync, segmentBytes } = this.#options
    while (this.#due) {
      let group = this.#takeGroup()
      try {
        const open = this.#open!
        if (group.length > 0) {
          const from = group[0]!.batches[0]!.seq
          const last = group.at(-1)!.batches.at(-1)!
          const lines = group.flatMap(waiting => waiting.lines)
          const upto = last.seq + last.length - 1
          await open.write([...lines, sumsLine(lines, from, upto - from + 1)], upto, sync === 'always')
          // Not left to the timer where none was of late: it waits for its turn, which a busy machine may give late.
          if (sync === '50ms' && this.#options.clock.elapsed() - this.#syncedAt >= SYNC_EVERY) this.#syncSoon()
          for (const { resolve } of group) resolve()
          group = [] // acknowledged: if sealing fails, it is not refused, and its seq is used
          this.#cancelAge ??= this.#ageing()
        }
        const due = this.#aged || open.bytes >= segmentBytes || (this.#sealNow && this.#queue.length === 0)
        if (due) await this.#seal()
      } catch (error) {
        this.#fail(error as NodeJS.ErrnoException, group)
      }
      this.#weigh()
    }
  }

  /** Under load segments grow instead of queueing up: an engine takes few large ones faster than many small ones. */
  #ageing(): () => void {
    return this.#options.clock.after(this.#options.sealAfter, () => {
      if (this.sealed.length >= MANY) {
        this.#cancelAge = this.#ageing()
        return
      }
      this.#aged = true
      this.#run()
    })
  }

  #takeGroup(): Waiting[] {
    let count = 0
    let bytes = 0
    while (count < this.#queue.length && bytes < GROUP_BYTES) bytes += this.#queue[count++]!.bytes
    this.#waiting -= bytes
    return this.#queue.splice(0, count)
  }

  /** The next file is there before anybody can remove the one sealed: its name keeps seq from starting over. */
  async #seal(): Promise<void> {
    this.#aged = false
    if (this.#queue.length === 0) this.#sealNow = false
    this.#cancelAge?.()
    this.#cancelAge = undefined
    const open = this.#open!
    if (open.bytes === 0) return
    await this.#sealing
    if (this.#failure !== undefined) return
    this.#open = await OpenSegment.create(this.dir, this.#collector, open.lastSeq + 1)
    this.#leaving = open
    // What is acknowledged from now on is in the new file.
    if (this.#options.sync === 'always') await syncFolder(this.dir)
    this.#sealing = this.#leave(open)
      .catch((error: NodeJS.ErrnoException) => this.#fail(error, []))
      .finally(() => {
        this.#sealing = undefined
        this.#weigh()
      })
  }

  /** Seals what is written to its end, beside the writing of what comes. */
  async #leave(open: OpenSegment): Promise<void> {
    const { sync } = this.#options
    await open.mend()
    // Side by side: what is acknowledged must not wait for the folder, which a busy disk may take long for.
    await Promise.all([sync === 'always' ? undefined : syncFolder(this.dir), sync === 'os' ? undefined : open.sync()])
    // A sync that was under way may have failed; the one behind it then finds nothing left to do.
    await open.mend()
    const segment = open.sealedAs ?? (await open.seal())
    this.#leaving = undefined
    this.#backlog.add(segment)
    for (const listener of this.#sealListeners) listener(segment)
  }

  /** Everything not written is refused and its seq given back, so that seq has no gaps. */
  #fail(error: NodeJS.ErrnoException, group: Waiting[]): void {
    this.#failure = writeError(error, this.dir)
    const refused = [...group, ...this.#queue.splice(0)]
    this.#waiting = 0
    this.#sealNow = this.#aged = false
    if (refused.length > 0) this.#lastSeq = refused[0]!.batches[0]!.seq - 1
    for (const { batches, reject } of refused) {
      for (const batch of batches) batch.seq = 0
      reject(new Error(this.#failure))
    }
  }

  #syncSoon(): void {
    const open = this.#open
    if (open?.dirty !== true || this.#failure !== undefined) return
    this.#syncedAt = this.#options.clock.elapsed()
    open.sync().catch((error: NodeJS.ErrnoException) => this.#fail(error, []))
  }

  /** After a failure: once the folder can be written again, what was left half done is mended and appends go on. */
  async #probe(): Promise<void> {
    if (this.#failure === undefined || this.#running !== undefined || this.#probing) return
    this.#probing = true // on a slow disk the next may fall due before this one ends
    const path = join(this.dir, 'probe')
    try {
      await writeFile(path, Buffer.alloc(1 << 18), { flush: true })
      await unlink(path)
      await this.#sealing
      if (this.#leaving !== undefined) await this.#leave(this.#leaving)
      await this.#open!.mend()
      this.#failure = undefined
      await this.seal()
    } catch (error) {
      this.#failure = writeError(error as NodeJS.ErrnoException, this.dir)
      await unlink(path).catch(() => {})
    }
    this.#probing = false
    this.#weigh()
  }

  #full(factor: number): string | undefined {
    const { maxBytes, maxWaiting } = this.#options
    if (this.bytes >= maxBytes * factor)
      return `${mb(this.bytes)} of events wait in the journal for the history, which is behind or down; the bound is ${mb(maxBytes)}`
    if (this.#waiting >= maxWaiting * factor)
      return `${mb(this.#waiting)} wait to be written to ${this.dir}: the disk is slow; the bound is ${mb(maxWaiting)}`
    return undefined
  }

  #weigh(): void {
    const reason = this.#failure ?? this.#full(1)
    const before = this.#pressure
    if (reason === undefined) this.#pressure = undefined
    else if (before === undefined || this.#failure !== undefined) this.#pressure = { reason, retryAfter: 1 }
    if (before?.reason === this.#pressure?.reason) return
    for (const listener of this.#pressureListeners) listener(this.#pressure)
  }
}

function mb(bytes: number): string {
  return `${Math.round(bytes / MIB)} MB`
}
