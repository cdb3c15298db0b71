import type { Batch, Clock } from '@telltale/event'
import { print, type Query, type QueryError } from '@telltale/query'
import type { Recent } from '@telltale/recent'
import { type SavedQuery, type Span, type Standing, type Standings, standing } from '@telltale/standing'
import type { Answer, Asker } from './ask.ts'
import { type Journaled, since } from './since.ts'
import { readSnapshot, setAside } from './snapshot.ts'
import { Snapshots } from './snapshots.ts'

export interface StandingHostOptions {
  asker: Asker
  recent: Recent
  clock: Clock
  /** Keys of one query. Default 10,000. */
  maxKeys?: number
  /** How often windows are moved on while no batch comes, in ms. Default 250. */
  tick?: number
  /** How long a query goes on standing when nobody holds it any more, in ms. Default 60,000. */
  linger?: number
  /** So many that nobody holds go on at most. Default 100. */
  maxLingering?: number
  /** Where snapshots of what stands are kept. Absent: nowhere. */
  file?: string
  /** So long after a snapshot the next one is taken, in ms. Default 10,000. */
  every?: number
  /**
   * What one query may take in a snapshot, about, in bytes: it is written at one go. Heavier ones begin anew at the next
   * start, and do not linger. Default 4 MiB.
   */
  maxQuery?: number
  /** What a snapshot may take, in bytes. Default 64 MiB. */
  maxSnapshot?: number
  /** Events since the snapshot that are caught up with at most; where there are more, all begins anew. Default 2,000,000. */
  maxCatchUp?: number
  /** Events that may come meanwhile. Default 500,000. */
  maxHeld?: number
  log?: (message: string) => void
}

/** Who was asked for what happened before a query stood, and what they could not say. */
export type Past = Pick<Answer['stats'], 'sources' | 'coverage' | 'scanned'>

/** A query that stands while somebody holds it. */
export interface Held {
  /** Says nothing true before {@link past} is there. Where it lacks events, it is to be held anew. */
  readonly standing: Standing
  /** Rejects where nobody could say. */
  readonly past: Promise<Past>
  release(): void
}

interface Hosted {
  readonly key: string
  readonly standing: Standing
  readonly past: Promise<Past>
  /** Whether all of its past is in it, so that it may be saved and shared; undefined while that is not known. */
  whole: boolean | undefined
  holders: number
  endLinger: (() => void) | undefined
}

/**
 * Queries that stand in this process. Each begins with what history and ring know up to a seq, and is updated by every
 * batch above it; those who ask the same share one. What stands survives the program: it is saved now and then, each
 * query with the seq up to which it is true, and goes on from there at the next start, once it has caught up with what
 * was journaled since.
 */
export class StandingHost {
  readonly #options: Required<Omit<StandingHostOptions, 'file'>> & { readonly file?: string }
  readonly #set: Standings
  readonly #hosted: Map<string, Hosted> = new Map()
  /** Nobody holds them; the one that was let go first comes first. */
  readonly #lingering: Set<Hosted> = new Set()
  /** What came while it is catching up. */
  #held: Batch[] | undefined
  #heldEvents = 0
  #caughtUp: Promise<void> = Promise.resolve()
  #names = 0
  #stopped = false
  #snapshots: Snapshots | undefined

  constructor(options: StandingHostOptions) {
    this.#options = {
      maxKeys: 10_000,
      tick: 250,
      linger: 60_000,
      maxLingering: 100,
      every: 10_000,
      maxQuery: 4 << 20,
      maxSnapshot: 64 << 20,
      maxCatchUp: 2_000_000,
      maxHeld: 500_000,
      log: () => {},
      ...options,
    }
    const { clock, maxKeys, tick } = this.#options
    this.#set = standing({ clock, maxKeys, tick })
  }

  /** Queries that stand, with those nobody holds. */
  get size(): number {
    return this.#hosted.size
  }

  /**
   * Lets a query stand for the caller, until it is released.
   * @returns why it cannot stand, and what to add, where it cannot
   */
  hold(query: Query, span: Span): Held | QueryError {
    const key = keyOf(query, span)
    const known = this.#hosted.get(key)
    const one = known !== undefined && isGood(known) ? known : this.#begin(key, query, span)
    if ('message' in one) return one
    one.holders++
    one.endLinger?.()
    let released = false
    return {
      standing: one.standing,
      past: one.past,
      release: () => {
        if (!released && --one.holders === 0) this.#letGo(one)
        released = true
      },
    }
  }

  batch(batch: Batch): void {
    if (this.#held === undefined) this.#set.update(batch)
    else {
      this.#heldEvents += batch.length
      if (this.#heldEvents <= this.#options.maxHeld) this.#held.push(batch)
      // What is missing now is noticed with the next batch, and those it was missing from begin anew.
      else this.#held.length = 0
    }
  }

  /**
   * Begins with what the last snapshot says, and goes on saving. To be called before any batch comes.
   * Resolves at once: catching up goes on while everything runs.
   */
  async open(journaled: Journaled): Promise<void> {
    const { file, log, maxCatchUp } = this.#options
    if (file === undefined) return
    const { collector, lastSeq } = journaled.journal
    try {
      const queries = await readSnapshot(file, collector, lastSeq)
      if (queries.length > 0) {
        const seq = Math.min(...queries.map(({ after }) => after))
        const behind = lastSeq - seq
        if (behind > maxCatchUp)
          throw new Error(`${behind} events came since, at most ${maxCatchUp} are caught up with`)
        this.#restore(queries, seq, collector)
        log(`${queries.length} standing queries go on, ${behind} events behind`)
        this.#held = []
        this.#caughtUp = this.#catchUp(journaled, lastSeq)
      }
    } catch (error) {
      for (const one of [...this.#hosted.values()]) this.#drop(one)
      this.#set.restore({ version: 1, seq: 0, collector, queries: [], machines: [] })
      const aside = await setAside(file).catch(() => file)
      log(`what stood begins anew from history; its snapshot was set aside as ${aside}: ${(error as Error).message}`)
    }
    this.#snapshots = new Snapshots({
      ...this.#options,
      file,
      collector,
      what: () => (this.#held === undefined ? this.#whole() : undefined),
    })
  }

  /** Resolves once all that is open is on disk. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#caughtUp.catch(() => {})
    await this.#snapshots?.stop()
    this.#set.stop()
  }

  /** Takes a snapshot. */
  async save(): Promise<void> {
    await this.#snapshots?.save()
  }

  #begin(key: string, query: Query, span: Span): Hosted | QueryError {
    const mark = this.#options.recent.coverage().highestSeq
    const one = this.#set.stand(`${this.#names++}`, query, { span, after: mark })
    if ('message' in one) return one
    const past = this.#ask(one, mark)
    const hosted: Hosted = { key, standing: one, past, whole: undefined, holders: 0, endLinger: undefined }
    this.#hosted.set(key, hosted)
    past.then(
      ({ coverage }) => {
        hosted.whole = coverage === 'exact'
      },
      () => this.#drop(hosted),
    )
    return hosted
  }

  async #ask(one: Standing, mark: number): Promise<Past> {
    const { query, scope } = one.hydration()
    const { partial, sources, coverage } = await this.#options.asker.partial(query, { ...scope, uptoSeq: mark })
    await this.#options.asker.run(one.hydrating(partial, mark))
    return { sources, coverage, scanned: partial.scanned }
  }

  #letGo(one: Hosted): void {
    const { clock, linger, maxLingering, maxQuery } = this.#options
    const heavy = one.standing.weight > maxQuery
    if (linger === 0 || heavy || !isGood(one) || this.#hosted.get(one.key) !== one) {
      this.#drop(one)
      return
    }
    this.#lingering.add(one)
    const cancel = clock.after(linger, () => this.#drop(one))
    one.endLinger = () => {
      cancel()
      this.#lingering.delete(one)
      one.endLinger = undefined
    }
    if (this.#lingering.size > maxLingering) this.#drop(this.#lingering.values().next().value!)
  }

  #drop(one: Hosted): void {
    one.endLinger?.()
    one.standing.stop()
    if (this.#hosted.get(one.key) === one) this.#hosted.delete(one.key)
  }

  #restore(queries: readonly SavedQuery[], seq: number, collector: string): void {
    this.#set.restore({ version: 1, seq, collector, queries, machines: [] })
    for (const { name, query, span } of queries) {
      const one = this.#set.stand(name, query, { span })
      if ('message' in one) throw new Error(one.message)
      this.#names = Math.max(this.#names, Number(name) + 1)
      const past = Promise.resolve()
        .then(() => this.#caughtUp)
        .then((): Past => ({ sources: ['recent', 'history'], coverage: 'exact', scanned: 0 }))
      const key = keyOf(query, span)
      const hosted: Hosted = { key, standing: one, past, whole: true, holders: 0, endLinger: undefined }
      this.#hosted.set(key, hosted)
      this.#letGo(hosted)
      past.catch(() => this.#drop(hosted))
    }
  }

  /** Reads what was journaled since the snapshot; what comes meanwhile waits its turn. */
  async #catchUp(journaled: Journaled, upto: number): Promise<void> {
    try {
      for await (const batch of since(this.#set.seq, upto, journaled)) {
        if (this.#stopped) return
        this.#set.update(batch)
      }
      if (this.#set.seq < upto) throw new Error(`nobody has the events after seq ${this.#set.seq}`)
    } catch (error) {
      this.#options.log(`what stood could not catch up and begins anew: ${(error as Error).message}`)
      throw error
    } finally {
      const held = this.#held ?? []
      this.#held = undefined
      for (const batch of held) this.#set.update(batch)
    }
  }

  /** What may be saved: no query that is still without its past, or has missed something. */
  *#whole(): Generator<Standing> {
    for (const one of [...this.#hosted.values()])
      if (one.whole === true && isGood(one) && this.#hosted.get(one.key) === one) yield one.standing
  }
}

/** Equal for those who ask the same. */
function keyOf(query: Query, span: Span): string {
  return JSON.stringify([print(query), query.range ?? span])
}

/** Whether others may hold it too. */
function isGood({ whole, standing }: Hosted): boolean {
  return whole !== false && !standing.lacks
}
