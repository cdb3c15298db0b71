/** What became of an event, as far as its sender was told. */
export const FATE = { none: 0, sent: 1, acknowledged: 2, refused: 3, unknown: 4, destroyed: 5 } as const
type Fate = (typeof FATE)[keyof typeof FATE]

/** Events sent together, numbered first … first + count - 1. */
export interface Parcel {
  readonly first: number
  readonly count: number
  /** The number of the one in it that must be refused; -1 where all are good. */
  readonly bad: number
}

/** Remembers every event and what its sender was told. */
export class Ledger {
  #fates: Uint8Array = new Uint8Array(1 << 16)
  /** When each was acknowledged, in ms of {@link performance}. */
  #when: Float64Array = new Float64Array(1 << 16)
  next = 0
  acknowledged = 0
  refused = 0
  /** What should not have been answered as it was. */
  readonly surprises: string[] = []
  /** Why parcels were turned away, and how many. */
  readonly reasons: Map<string, number> = new Map()
  readonly #again: Parcel[] = []
  /** Bytes of its history were changed. */
  rotten = false
  /** How many events the program says it lacks because of that. */
  lacking = 0
  #excused = 0

  /** Fresh events, to be sent now. */
  take(count: number, withBad: boolean): Parcel {
    const first = this.next
    this.next += count
    if (this.next > this.#fates.length) {
      const grown = new Uint8Array(this.#fates.length * 2)
      grown.set(this.#fates)
      this.#fates = grown
      const times = new Float64Array(grown.length)
      times.set(this.#when)
      this.#when = times
    }
    this.#fates.fill(FATE.sent, first, this.next)
    return { first, count, bad: withBad ? first + (count >> 1) : -1 }
  }

  /** A parcel that was refused and is to be sent again. */
  again(): Parcel | undefined {
    const parcel = this.#again.shift()
    if (parcel !== undefined) for (let n = parcel.first; n < parcel.first + parcel.count; n++) this.#set(n, FATE.sent)
    return parcel
  }

  fate(n: number): Fate {
    return (this.#fates[n] ?? FATE.none) as Fate
  }

  /** A copy, of [from, to). */
  fates(from: number, to: number): Uint8Array {
    return this.#fates.slice(from, to)
  }

  /** One event was answered. */
  told(parcel: Parcel, n: number, accepted: boolean): void {
    if (accepted === (n === parcel.bad))
      this.surprises.push(accepted ? `bad event ${n} was accepted` : `good event ${n} was refused`)
    this.#set(n, accepted ? FATE.acknowledged : FATE.refused)
  }

  /** All of it was acknowledged, but for those the answer lists as refused. */
  answered(parcel: Parcel, accepted: number, rejected: readonly { index: number; reason?: string }[]): void {
    const refused = new Set(rejected.map(({ index }) => parcel.first + index))
    for (let n = parcel.first; n < parcel.first + parcel.count; n++) this.told(parcel, n, !refused.has(n))
    if (accepted + refused.size !== parcel.count)
      this.surprises.push(`of ${parcel.count} events ${accepted} were accepted and ${refused.size} refused`)
  }

  /** None of it was taken, says the answer. It may be sent again, or be left. */
  turnedAway(parcel: Parcel, reason: string, retry: boolean): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1)
    for (let n = parcel.first; n < parcel.first + parcel.count; n++) this.#set(n, FATE.refused)
    if (retry && this.#again.length < 1000) this.#again.push(parcel)
  }

  /** No answer came: it may be there or not, but whole, and once. */
  unanswered(from: number, to: number): void {
    for (let n = from; n < to; n++) this.#set(n, FATE.unknown)
  }

  /** Its bytes were destroyed on disk: nobody can have it any more. */
  destroyed(n: number): void {
    this.#set(n, FATE.destroyed)
  }

  /** Of acknowledged events so many may be missing, as the program itself says, where its history was damaged. */
  excuse(n: number): boolean {
    if (this.#excused >= this.lacking) return false
    this.#excused++
    this.destroyed(n)
    return true
  }

  /** What was acknowledged since then may be lost. @returns how many those are */
  doubt(since: number): number {
    let doubtful = 0
    for (let n = 0; n < this.next; n++) {
      if (this.#fates[n] !== FATE.acknowledged || this.#when[n]! < since) continue
      this.#fates[n] = FATE.unknown
      doubtful++
    }
    return doubtful
  }

  /** Likewise of these. */
  doubtThose(numbers: readonly number[]): number {
    const doubtful = numbers.filter(n => this.#fates[n] === FATE.acknowledged)
    for (const n of doubtful) this.#fates[n] = FATE.unknown
    return doubtful.length
  }

  #set(n: number, fate: Fate): void {
    if (fate === FATE.acknowledged) {
      this.acknowledged++
      this.#when[n] = performance.now()
    }
    if (fate === FATE.refused) this.refused++
    this.#fates[n] = fate
  }
}
