import { setTimeout as sleep } from 'node:timers/promises'
import type { Scope } from '@telltale/query'
import type { Engine } from '../engine/engine.ts'
import { type About, type Aside, recount, setAside } from './aside.ts'
import { Salvage, type SalvageOptions } from './salvage.ts'
import { takeBack } from './take-back.ts'
import { partIn, unreadable } from './unreadable.ts'

export interface DamageOptions extends Omit<SalvageOptions, 'onDetach'> {
  /** ms between two looks at a part that seems damaged. Default 2,500. */
  patience?: number | undefined
  /** Throws where the disk did not take what was just merged or inserted, and sees to it that it is made again. */
  proveParts(): Promise<void>
  /** How many events a part was to hold that was found unwritten, where that is known. */
  eventsOf(unwritten: string): number | undefined
  /** How many seqs the table lacks, at least, that no part set aside can have held. */
  absent(): number
  log(message: string): void
  /** A part was set aside, and what was readable of it is in answers again. */
  onSetAside(about: About): void
  /** The table can be read again. */
  onWhole(): void
}

/** How often a part must be found damaged before it is set aside, and ms between. */
const LOOKS = 3
const PATIENCE = 2500
/** Likewise where the disk says that it failed: disks come back. Five minutes. */
const MANY_LOOKS = 120
/** ms for which a part that was found whole is not looked at again: what failed over it fails for something else. */
const CLEARED = 60_000
const WHOLE = 'whole'
/** How often a part that the engine let go of is tried to be read, each time after twice as long: for five minutes. */
const TRIES = 8
/** So many segments after parts were set aside or came back may hold events of them; to see whether they did costs a look at every seq. */
const RECOUNTS = 5
/** So many others are tried to see that the disk can be read at all. */
const OTHERS = 5

/**
 * Parts of the table that cannot be read: whoever fails over one says so here, and where it stays damaged it is set aside
 * without a hand. It knows which are, and what answers lack because of it.
 */
export class Damage {
  readonly #options: DamageOptions
  readonly #salvage: Salvage
  readonly #suspects = new Set<string>()
  /** Those that were found whole, and until when they are not looked at again. */
  readonly #cleared = new Map<string, number>()
  #working: Promise<unknown> = Promise.resolve()
  #opened = false
  #revision = 0
  #asides: readonly Aside[] = []
  #recounts = RECOUNTS
  readonly #told = new Set<string>()
  /** Parts that the engine let go of, while it is tried to take them back, and those that can't be. */
  readonly #returning = new Set<string>()
  readonly #broken = new Set<string>()
  readonly #stop = new AbortController()

  constructor(options: DamageOptions) {
    this.#options = options
    this.#salvage = new Salvage({ ...options, onDetach: about => this.#leaves(about) })
  }

  /** Changes whenever events leave the table or come back to it: who asked meanwhile cannot say which there were. */
  get revision(): number {
    return this.#revision
  }

  get asides(): readonly Aside[] {
    return this.#asides
  }

  /** How many events are missing from answers, at most, as far as that is known. */
  get missing(): number {
    return this.#asides.reduce((sum, { missing = 0 }) => sum + missing, 0)
  }

  /** No event that is missing from answers has a time, in ms, behind this; undefined where none is missing. */
  get missingBefore(): number | undefined {
    const times = this.#asides.filter(({ missing }) => missing !== 0).map(({ to }) => to)
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /** What an answer lacks; undefined where it lacks nothing. */
  uncovered({ from, to }: Pick<Scope, 'from' | 'to'>): string | undefined {
    const parts = this.#asides.filter(one => one.missing !== 0 && one.from < to && one.to > from)
    if (parts.length === 0) return undefined
    const known = parts.every(({ missing }) => missing !== undefined)
    const most = parts.reduce((sum, { missing = 0 }) => sum + missing, 0)
    return `${known ? `up to ${most} events` : 'the events'} of ${parts.length} part${parts.length > 1 ? 's' : ''} of the history`
  }

  /** Something failed; where it names a part, that is looked at from now on. @returns whether it did */
  failed(error: unknown): boolean {
    const part = partIn(error)?.name
    if (part !== undefined) this.suspect(part)
    return part !== undefined
  }

  suspect(part: string): void {
    if (this.#stop.signal.aborted || this.#suspects.has(part) || performance.now() < (this.#cleared.get(part) ?? 0))
      return
    this.#suspects.add(part)
    void this.#judge(part).finally(() => this.#suspects.delete(part))
  }

  /** What is set aside is known, and none of it in the table; what of it is to go in again does so by and by. */
  async open(): Promise<void> {
    if (!this.#opened) await this.#salvage.keepOut()
    this.#opened = true
    this.#broken.clear()
    await this.#list()
    this.look()
  }

  /** Goes on with what was left, and looks what is set aside now. */
  look(): void {
    void this.#next(async () => {
      await this.#salvage.resume()
      await this.#list()
    })
  }

  /** All of this collector's events up to a seq are in the table: some may be those that were missing. */
  moved(mark: number): void {
    if (this.#recounts <= 0 || this.#asides.every(({ missing }) => missing === 0)) return
    this.#recounts--
    void this.#next(async () => {
      const { engine, dir, collector, absent } = this.#options
      await recount(engine, dir, collector(), mark, absent())
      await this.#list()
    })
  }

  /** Does something once all that could be read of damaged parts is back; not while that is tried. Never rejects. */
  async settled(work: () => Promise<void>): Promise<void> {
    await this.#next(async () => {
      await this.#salvage.resume()
      if (this.#returning.size === 0) await work()
    })
  }

  /** Does something while nothing leaves the table or comes back to it. Never rejects. */
  async alone(work: () => Promise<void>): Promise<void> {
    await this.#next(work)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#salvage.stop()
    await this.#working
  }

  /** One thing after another. Never rejects. @returns undefined where it failed, which is told */
  #next<T>(work: () => Promise<T>): Promise<T | undefined> {
    const done = this.#working
      .then(() => (this.#stop.signal.aborted ? undefined : work()))
      .catch((error: Error) => {
        if (!this.#stop.signal.aborted) this.#options.log(error.message)
        return undefined
      })
    this.#working = done
    return done
  }

  /**
   * Sets a part aside that is damaged each time it is looked at, though the disk can be read. Not one that was just merged and
   * not written whole: what was merged is still there.
   */
  async #judge(part: string): Promise<void> {
    const { engine, log, proveParts, patience = PATIENCE } = this.#options
    for (let looks = 1; ; looks++) {
      const found = await this.#next(async () => {
        await proveParts()
        return (await unreadable(engine, part)) ?? WHOLE
      })
      if (found === WHOLE) this.#cleared.set(part, performance.now() + CLEARED)
      if (found === WHOLE || found === undefined) return
      if (looks === 1)
        log(`part ${part} of the history can't be read; where it stays so it is set aside: ${said(found.why)}`)
      if (looks >= (found.mayPass ? MANY_LOOKS : LOOKS)) break
      await sleep(patience, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {})
    }
    await this.#next(async () => {
      if (await othersAreWhole(engine, part)) await this.#setAside(part)
      else log(`part ${part} of the history is left in its place: others can't be read either, so it may be the disk`)
    })
  }

  async #setAside(part: string): Promise<void> {
    let about: About | undefined
    this.#told.add(part)
    try {
      about = await this.#salvage.setAside(part)
    } finally {
      await this.#list()
    }
    if (about === undefined) return
    const lost = about.rows - about.read
    this.#options.log(
      `part ${part} of the history was damaged on disk and is set aside: of its ${about.rows} events ${about.read} could be read and are in answers again, ${lost} are missing unless they come again from the journal; it is kept in "detached"`,
    )
    this.#recounts = RECOUNTS
    this.#options.onSetAside(about)
    this.#options.onWhole()
  }

  /** Until they are back, their events are missing. */
  async #takeBack(asides: readonly Aside[]): Promise<void> {
    const { patience = PATIENCE, onWhole } = this.#options
    for (const { name } of asides) this.#returning.add(name)
    let left = asides
    for (let tries = 0; tries < TRIES && left.length > 0 && !this.#stop.signal.aborted; tries++) {
      if (tries > 0)
        await sleep(patience * 2 ** (tries - 1), undefined, { signal: this.#stop.signal, ref: false }).catch(() => {})
      left = await this.#tryBack(left, tries > 0)
      await this.#next(() => this.#list())
    }
    for (const { name } of left) this.#broken.add(name)
    for (const { name } of asides) this.#returning.delete(name)
    onWhole()
  }

  /** All together; where that fails, and not for the first time, each on its own. @returns those that failed */
  async #tryBack(asides: readonly Aside[], apart: boolean): Promise<readonly Aside[]> {
    const { engine, log, proving } = this.#options
    const names = asides.slice(0, 3).map(({ part }) => part)
    const done = await this.#next(async () => {
      const events = await takeBack(engine, asides, proving).catch((error: Error) => {
        const which = asides.length > 1 ? `one of ${asides.length} parts` : `part ${names[0]}`
        throw new Error(`${which} of the history, let go of by the engine, is not taken back: ${said(error.message)}`)
      })
      log(
        `${asides.length} parts of the history that the engine let go of at its start are whole, and their ${events} events are back: ${names.join(', ')}`,
      )
      return true
    })
    if (done) return []
    if (!apart || asides.length === 1) return asides
    const failed: Aside[] = []
    for (const aside of asides) failed.push(...(await this.#tryBack([aside], false)))
    return failed
  }

  #leaves({ part, rows, from, to }: About): void {
    this.#revision++
    this.#asides = [
      ...this.#asides.filter(({ name }) => name !== part),
      { name: part, part, letGo: false, missing: rows, from, to },
    ]
  }

  async #list(): Promise<void> {
    const { engine, dir, log, eventsOf } = this.#options
    const asides = await setAside(engine, dir, eventsOf)
    if (JSON.stringify(asides) !== JSON.stringify(this.#asides)) {
      this.#revision++
      this.#recounts = RECOUNTS
    }
    this.#asides = asides
    const back = asides.filter(one => one.letGo && !this.#returning.has(one.name) && !this.#broken.has(one.name))
    if (back.length > 0) void this.#takeBack(back)
    const fresh = this.#asides.filter(({ name }) => !this.#told.has(name))
    for (const { name } of fresh) this.#told.add(name)
    if (fresh.length === 0) return
    const names = fresh.slice(0, 3).map(({ name }) => name)
    const lacks = fresh.some(({ missing }) => missing !== 0) ? 'are missing from answers' : 'nothing of them is missing'
    log(
      `${fresh.length} parts of the history could not be read and ${lacks}, set aside in "detached" of its table: ${names.join(', ')}`,
    )
  }
}

/** Where no other part can be read either, it is the disk. */
async function othersAreWhole(engine: Engine, part: string): Promise<boolean> {
  const { bytes } = await engine.read(
    `SELECT name FROM system.parts WHERE active AND rows > 0 AND database = 'telltale' AND table = 'events' ORDER BY bytes_on_disk LIMIT ${OTHERS + 1}`,
  )
  const others = bytes
    .toString()
    .split('\n')
    .filter(name => name !== '' && name !== part)
  for (const other of others) if ((await unreadable(engine, other)) === undefined) return true
  return others.length === 0
}

function said(why: string): string {
  return why.split('\n')[0]!.slice(0, 300)
}
