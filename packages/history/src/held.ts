import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Clock } from '@telltale/event'
import type { Scope } from '@telltale/query'
import type { Engine } from './engine/engine.ts'
import type { Segment } from './journal/segment.ts'
import { text } from './literal.ts'
import { DATABASE, TABLE } from './schema.ts'

export interface HeldOptions {
  engine: Engine
  /** Where it is written down: beside what it speaks of, not in it. */
  file: string
  clock: Clock
  collector(): string
  /** ms for which events are kept. */
  keep(): number
  /** Events that answers lack because of parts set aside, as far as is known: those are told of elsewhere. */
  aside(): number
  /** Whether no part set aside may hold any that answers lack. */
  whole(): boolean
  log(message: string): void
}

/** How many of a collector's events the table had at some time. */
interface Note {
  readonly collector: string
  /** Of those with a seq at or below … */
  readonly upto: number
  /** … and received after, in ms: none of these was let go of soon after. */
  readonly since: number
  readonly events: number
  readonly aside: number
  readonly gone?: Gone | undefined
  readonly absent?: Absent | undefined
}

/** Seqs of events that are in no part: damaged in the journal or refused, and told then, or let go of because of their age. */
interface Absent {
  /** Of all seqs at or below … */
  readonly upto: number
  readonly events: number
}

/** Events that were in the table, and that nobody let go of. */
interface Gone {
  readonly events: number
  /** When that was noticed, in ms: they had come before. */
  readonly before: number
}

const TABLE_ROWS = `SELECT sum(rows) FROM system.parts WHERE active AND database = '${DATABASE}' AND table = 'events'`
/** How much of the time for which events are kept must pass until a note says nothing any more. */
const MARGIN = 1 / 4

/**
 * Notes how many events the table has, and sees at a start that it still has them: it may have been removed by hand, or
 * taken from an older copy, and then comes up empty without a word.
 */
export class Held {
  readonly #options: HeldOptions
  #note: Note | undefined
  #lost: Gone | undefined
  #absent: Absent | undefined
  #compared = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: HeldOptions) {
    this.#options = options
  }

  /** How many events are missing, at most. */
  get missing(): number {
    return this.#gone?.events ?? 0
  }

  /** The moment before which events are missing, in ms; undefined where none is. */
  get missingBefore(): number | undefined {
    return this.#gone?.before
  }

  /** What an answer lacks; undefined where it lacks nothing. */
  uncovered({ from }: Pick<Scope, 'from'>): string | undefined {
    const gone = this.#gone
    if (gone === undefined || from >= gone.before) return undefined
    return `${gone.events} events that were in the history are missing`
  }

  /** How many of this collector's seqs the table lacks, at least, for which no part that was set aside can be to blame. */
  get absent(): number {
    return this.#absent?.events ?? 0
  }

  /**
   * A segment is in the table but for some of its events: it will never have those. Must be called before the segment goes.
   * Segments come in order; what lies between two of them is not known to be absent.
   */
  async passed({ firstSeq, lastSeq }: Pick<Segment, 'firstSeq' | 'lastSeq'>, lacking: number): Promise<void> {
    if (firstSeq <= (this.#absent?.upto ?? 0)) return
    this.#absent = { upto: lastSeq, events: this.absent + lacking }
    if (lacking > 0 && this.#note !== undefined) await this.#write({ ...this.#note, absent: this.#absent })
  }

  /** Whose events were noted. */
  async collector(): Promise<string | undefined> {
    await this.#read()
    return this.#note?.collector
  }

  /** Compares the table with what was noted, once: until then nothing is noted. @param mark all up to it were handed over before this life */
  async compare(mark: number): Promise<void> {
    if (this.#compared) return
    await this.#read()
    if (this.#note?.collector !== this.#options.collector()) this.#absent = undefined
    const lacking = await this.#lacking(mark)
    this.#compared = true
    if (lacking > 0 && lacking !== this.missing)
      this.#options.log(
        `${lacking} events that were in the history are missing: its folder was emptied, or replaced by an older one; answers say so for as long as they would have been kept`,
      )
    const before = this.#gone?.before ?? this.#options.clock.now()
    this.#lost = lacking > 0 ? { events: lacking, before } : undefined
  }

  /** Notes what there is now; must be called while nothing leaves the table or comes back. @param mark all up to it were handed over */
  async note(mark: number): Promise<void> {
    if (!this.#compared) return
    const { clock, collector, keep, aside, whole } = this.#options
    const since = Math.max(0, clock.now() - keep() * (1 - MARGIN))
    const { events, young } = await this.#count(mark, since)
    const before = this.#absent?.upto ?? 0 // a segment may have gone in meanwhile
    if (whole() && this.#gone === undefined && before <= mark) this.#absent = { upto: mark, events: mark - events }
    const [gone, absent] = [this.#gone, this.#absent]
    await this.#write({ collector: collector(), upto: mark, since, events: young, aside: aside(), gone, absent })
  }

  /** One after another. */
  #write(note: Note): Promise<void> {
    const { file } = this.#options
    this.#note = note
    this.#writing = this.#writing
      .catch(() => {})
      .then(async () => {
        await writeFile(`${file}.new`, JSON.stringify(note), { flush: true })
        await rename(`${file}.new`, file)
      })
    return this.#writing
  }

  get #gone(): Gone | undefined {
    const { clock, keep } = this.#options
    return this.#lost === undefined || this.#lost.before + keep() < clock.now() ? undefined : this.#lost
  }

  async #lacking(mark: number): Promise<number> {
    const { clock, keep, aside, collector } = this.#options
    const note = this.#note
    // Of an earlier version, or removed together with the rest.
    if (note === undefined || note.collector !== collector())
      return mark > 0 && (await this.#count(mark, 0)).events === 0 ? mark : 0
    const comparable = note.since >= clock.now() - keep() || keep() === Number.POSITIVE_INFINITY
    if (!comparable) return this.missing
    const there = (await this.#count(note.upto, note.since)).young
    const more = aside() - note.aside
    // What was set aside less: it came again from the journal, or a person removed the part and so knows of it.
    const again = Math.min(Math.max(0, there - note.events), Math.max(0, -more))
    return Math.max(0, note.events + this.missing - (there - again) - Math.max(0, more))
  }

  /**
   * How many there are up to a seq, and how many of those are `young`: received after a moment, in ms.
   * @throws where fewer could be read than the table has: the engine takes what it cannot read of a file for its end
   */
  async #count(upto: number, since: number): Promise<{ events: number; young: number }> {
    const { engine, collector } = this.#options
    const own = `collector = ${text(collector())} AND seq BETWEEN 1 AND ${upto}`
    const young = `received_at > fromUnixTimestamp64Micro(${Math.ceil(since * 1000)}, 'UTC')`
    const { bytes } = await engine.read(
      `SELECT count(), countIf(${own}), countIf(${own}${since > 0 ? ` AND ${young}` : ''}), (${TABLE_ROWS}) FROM ${TABLE}`,
    )
    const [all, events, those, rows] = bytes.toString().split('\t').map(Number) as [number, number, number, number]
    if (all < rows) throw new Error(`of the history's ${rows} events only ${all} could be read to count them`)
    return { events, young: those }
  }

  async #read(): Promise<void> {
    if (this.#note !== undefined) return
    this.#note = await readFile(this.#options.file, 'utf8').then(noteOf, () => undefined)
    this.#lost = this.#note?.gone
    this.#absent = this.#note?.absent
  }
}

/** Undefined where it is damaged. */
function noteOf(json: string): Note | undefined {
  try {
    const note = JSON.parse(json) as Partial<Note>
    return typeof note.collector === 'string' && [note.upto, note.since, note.events, note.aside].every(Number.isFinite)
      ? (note as Note)
      : undefined
  } catch {
    return undefined
  }
}
