import { join } from 'node:path'
import type { Clock } from '@telltale/event'
import type { Scope } from '@telltale/query'
import type { About, Aside } from './damage/aside.ts'
import { Damage } from './damage/damage.ts'
import type { Engine } from './engine/engine.ts'
import { Fields } from './fields.ts'
import { spanOf } from './flush.ts'
import { Held } from './held.ts'
import type { Segment } from './journal/segment.ts'
import { Parts } from './parts.ts'
import { migrate } from './schema.ts'

export interface TableOptions {
  engine: Engine
  /** The data folder. */
  path: string
  clock: Clock
  /** Whose events are handed over now. */
  collector(): string
  /** All of its events up to this seq were handed over. */
  mark(): number
  /** For how many ms events are kept. */
  keep(): number
  /** Bytes of a file that is to go in again. */
  fileBytes: number
  patience: number | undefined
  log(message: string): void
  onSetAside(about: About): void
  /** What was in the way of what waits has gone. */
  onWhole(): void
}

/** So many looks after another it is noted how many events the table has: that costs a count. */
const NOTE_EVERY = 20
/** Parts whose files are counted again at each. */
const SOME = 10

/**
 * The table of events: prepared at each start of its engine, and looked after. What a disk did to its parts is noticed, and
 * mended or set aside, and answers can say what they lack; that all of it went, as well.
 */
export class Table {
  readonly fields: Fields
  readonly parts: Parts
  readonly #options: TableOptions
  readonly #damage: Damage
  readonly #held: Held
  /** Of which of the engine's starts it is known what that let go of. */
  #preparedFor: number | undefined
  #looks = 0

  constructor(options: TableOptions) {
    const { engine, path, clock, collector, keep, log } = options
    this.#options = options
    this.fields = new Fields(engine)
    this.parts = new Parts(engine)
    this.#damage = new Damage({
      ...options,
      dir: join(path, 'salvage'),
      proving: insert => this.parts.proving(insert),
      proveParts: () => this.parts.check(),
      eventsOf: part => this.parts.eventsOf(part),
      absent: () => this.#held.absent,
      keptSince: () => clock.now() - keep(),
      onWhole: () => {
        options.onWhole()
        this.#countFields()
      },
    })
    this.#held = new Held({
      engine,
      file: join(path, 'held.json'),
      clock,
      collector,
      keep,
      aside: () => this.#damage.missing,
      whole: () => this.#damage.missingBefore === undefined,
      log,
    })
  }

  /** To be called after each start of the engine. Rejects where the table can't be used. */
  async prepare(): Promise<void> {
    const { engine } = this.#options
    const { restarts } = engine
    await migrate(engine)
    await this.fields.open()
    await this.parts.open()
    await this.#damage.open()
    this.#preparedFor = restarts
  }

  /** Until it is known what the engine let go of at its start, its answers may lack that without a word. */
  get prepared(): boolean {
    return this.#preparedFor === this.#options.engine.restarts
  }

  /** Before the first event is handed over: sees what was there before. */
  async begin(): Promise<void> {
    await this.noticing(this.#held.compare(this.#options.mark())).catch((error: Error) =>
      this.#options.log(error.message),
    )
  }

  /** To be called once it is prepared, and now and then: merges go on where nothing comes in. */
  look(): void {
    const { log } = this.#options
    this.parts.check().catch((error: Error) => log(error.message))
    this.#damage.look()
    this.#seek(SOME)
    if (this.#looks++ % NOTE_EVERY === 0) this.#noteSoon()
  }

  /** As {@link look}, after a start of the engine. */
  again(): void {
    this.#noteSoon()
    this.#countFields()
  }

  /**
   * Segments are in it, but the mark has not moved yet.
   * @param lacking how many events of each are not, by right
   * @param last it surely holds nothing behind them
   */
  async loaded(segments: readonly Segment[], lacking: readonly number[], last: boolean): Promise<void> {
    const span = spanOf(segments)
    await this.fields.learn(span)
    if (span.collector !== this.#options.collector()) return
    if (last) await this.parts.note(span.lastSeq)
    for (const [i, segment] of segments.entries()) await this.#held.passed(segment, lacking[i]!)
  }

  /** The mark has moved. */
  moved(): void {
    this.#damage.moved(this.#options.mark())
  }

  /** A part that is damaged is noticed whoever reads it. */
  noticing<T>(answer: Promise<T>): Promise<T> {
    return answer.catch(error => {
      this.#damage.failed(error)
      throw error
    })
  }

  /** As {@link noticing}, of what went in. */
  failed(error: unknown): void {
    // An index that is empty fails without the part's name.
    if (!this.#damage.failed(error)) this.#seek()
  }

  /** Notes how many events it has, for the next start. */
  note(): Promise<void> {
    return this.#held.note(this.#options.mark())
  }

  /** Resolves once nothing of a damaged part is under way. */
  stop(): Promise<void> {
    return this.#damage.stop()
  }

  /** Whose events it was noted to have. */
  collector(): Promise<string | undefined> {
    return this.#held.collector()
  }

  /** Changes whenever events leave the table or come back to it, because a part was damaged. */
  get revision(): number {
    return this.#damage.revision
  }

  /** Parts that were set aside. */
  get asides(): readonly Aside[] {
    return this.#damage.asides
  }

  /** How many events are missing because of those, at most, and how many because they went with nobody letting go of them. */
  get missing(): { readonly aside: number; readonly lost: number } {
    return { aside: this.#damage.missing, lost: this.#held.missing }
  }

  /** No event that is missing has a time, in ms, behind this; undefined where none is missing. */
  get missingBefore(): number | undefined {
    const times = [this.#held.missingBefore, this.#damage.missingBefore].filter(time => time !== undefined)
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /** What an answer lacks in a range of time; undefined where it lacks nothing. */
  uncovered(scope: Pick<Scope, 'from' | 'to'>): string | undefined {
    const found = [this.#damage.uncovered(scope), this.#held.uncovered(scope)].filter(Boolean)
    return found.length === 0 ? undefined : found.join('; ')
  }

  /** Looks for parts that lost bytes since they were written. */
  #seek(most?: number): void {
    this.parts.short(most).then(
      names => {
        for (const name of names) this.#damage.suspect(name)
      },
      () => {}, // where the engine is away it is looked at later
    )
  }

  /** While nothing of a damaged part leaves or comes back. */
  #noteSoon(): void {
    void this.#damage.alone(async () => {
      await this.#held.compare(this.#options.mark()) // a damaged part may have kept it from that at the start
      await this.note()
    })
  }

  /** Where the list of fields was damaged. What comes back of damaged parts is learned by nobody else. */
  #countFields(): void {
    if (this.fields.full) void this.#damage.settled(() => this.fields.recount())
  }
}
