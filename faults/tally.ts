import type { Kills, Life } from './life.ts'

interface About {
  commit: string
  seed: number
  broken: string | undefined
}

interface Sums {
  rounds: number
  acknowledged: number
  refused: number
  kills: Kills
  lost: number
  late: number
  doubled: number
  torn: number
  /** Refused, and there. */
  ghosts: number
  /** The program died by itself, did not come up, took nothing any more, answered strangely. */
  troubles: number
}

/** Counts what a campaign did and found, for its log. */
export class Tally {
  rounds = 0
  lost = 0
  late = 0
  doubled = 0
  torn = 0
  ghosts = 0
  troubles = 0
  readonly #about: About
  readonly #faults: Record<string, number> = {}
  #acknowledged = 0
  #refused = 0
  readonly #kills: Kills = { main: 0, engine: 0, both: 0, start: 0 }
  #started: number = Date.now()
  #written: Sums

  constructor(about: About) {
    this.#about = about
    this.#written = this.#sums()
  }

  get wrong(): number {
    return this.lost + this.late + this.doubled + this.torn + this.ghosts + this.troubles
  }

  round(fault: string): void {
    this.rounds++
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1
  }

  /** A life has ended. */
  life({ ledger, kills, findings, troubles }: Life): void {
    this.#acknowledged += ledger.acknowledged
    this.#refused += ledger.refused
    for (const kind of Object.keys(kills) as (keyof Kills)[]) this.#kills[kind] += kills[kind]
    for (const { found } of findings) {
      this.lost += found.lost.length
      this.late += found.late.length
      this.doubled += found.doubled.length + found.twins.length
      this.torn += found.torn.length
      this.ghosts += found.ghosts.length + found.strangers.length
    }
    this.troubles += troubles.length + ledger.surprises.length
  }

  sentence(now?: Life): string {
    const { acknowledged, refused, kills } = this.#sums(now)
    const killed = `killed: main ${kills.main}, engine ${kills.engine}, both ${kills.both} (${kills.start} at start)`
    const found = `lost ${this.lost}, late ${this.late}, doubled ${this.doubled}, torn ${this.torn}, refused and there ${this.ghosts}`
    const events = `${acknowledged.toLocaleString('en')} events acknowledged, ${refused.toLocaleString('en')} refused`
    return `round ${this.rounds}: ${events}; ${killed}; ${found}; troubles ${this.troubles}`
  }

  /** What came since the last line; undefined where nothing did. */
  line(now?: Life): object | undefined {
    const sums = this.#sums(now)
    const last = this.#written
    if (sums.rounds === last.rounds) return undefined
    const since = (name: Exclude<keyof Sums, 'kills'>): number => sums[name] - last[name]
    const kills = Object.fromEntries(
      (Object.keys(sums.kills) as (keyof Kills)[]).map(kind => [kind, sums.kills[kind] - last.kills[kind]]),
    )
    const faults = { ...this.#faults }
    for (const name of Object.keys(this.#faults)) delete this.#faults[name]
    const seconds = Math.round((Date.now() - this.#started) / 1000)
    this.#started = Date.now()
    this.#written = sums
    const { commit, seed, broken } = this.#about
    return {
      date: new Date().toISOString(),
      commit,
      ...(broken === undefined ? {} : { broken }),
      seed,
      rounds: since('rounds'),
      seconds,
      acknowledged: since('acknowledged'),
      refused: since('refused'),
      kills,
      lost: since('lost'),
      late: since('late'),
      doubled: since('doubled'),
      torn: since('torn'),
      ghosts: since('ghosts'),
      troubles: since('troubles'),
      faults,
    }
  }

  #sums(now?: Life): Sums {
    const { rounds, lost, late, doubled, torn, ghosts, troubles } = this
    const kills = { ...this.#kills }
    if (now) for (const kind of Object.keys(kills) as (keyof Kills)[]) kills[kind] += now.kills[kind]
    const acknowledged = this.#acknowledged + (now?.ledger.acknowledged ?? 0)
    const refused = this.#refused + (now?.ledger.refused ?? 0)
    return { rounds, acknowledged, refused, kills, lost, late, doubled, torn, ghosts, troubles }
  }
}
