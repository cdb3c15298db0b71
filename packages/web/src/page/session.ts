import { Live } from '../api/live.ts'
import { askEvents } from '../api/request.ts'
import { Answers } from '../ask/answers.ts'
import { equals, filterOf, tagged, toggleClause } from '../ask/clause.ts'
import { Palette } from '../colour/palette.ts'
import { Feed, PAST } from '../feed/feed.ts'
import { OTHER_ROWS } from '../tape/rows.ts'
import type { SeenEvent } from '../text/event.ts'
import { OWN, OWN_CLAUSE, OWN_NAME } from '../text/own.ts'
import { fromHash, type Place, toHash } from './address.ts'
import { Topic } from './topic.ts'

const COLOURS = 'telltale-colours'

/** What the page knows and does, for all its elements. The address of the page is the place; going somewhere is changing it. */
class Session {
  /** The place, the pause or the pinned event changed. */
  readonly changed: Topic = new Topic()
  readonly live: Live = new Live()
  readonly feed: Feed = new Feed(this.live)
  readonly answers: Answers = new Answers(this.live)
  readonly palette: Palette = new Palette(remembered())
  place: Place = fromHash(location.hash)
  /** ms since the epoch; set while paused. */
  pausedAt: number | undefined
  pinned: SeenEvent | undefined
  /** Whether anybody but Telltale itself ever sent an event; undefined until that is known. */
  met: boolean | undefined
  #followed: { filter: string; span: number } | undefined
  #answered: string | undefined
  /** The version of the feed whose past has its colours. */
  #coloured = -1

  start(): void {
    addEventListener('hashchange', () => this.#arrive())
    addEventListener('pagehide', () => localStorage.setItem(COLOURS, JSON.stringify(this.palette.remember())))
    this.feed.changed.follow(() => this.#colour())
    this.#arrive()
    this.live.changed.follow(() => void this.#meet())
    this.feed.counted.follow(() => {
      this.palette.all(this.feed.rates.map(({ type }) => type))
      if (!this.met && this.feed.rates.some(({ type }) => !OWN.test(type))) this.met = true
    })
    this.live.start()
  }

  /** The time at the right edge. */
  get now(): number {
    return this.pausedAt ?? Date.now()
  }

  go(change: Partial<Place>): void {
    const hash = toHash({ ...this.place, ...change })
    if (hash === location.hash) return
    history.pushState(undefined, '', hash)
    this.#arrive()
  }

  /** The filter of one row of the tape, or one type. */
  clauseOf(field: 'type' | 'hostname', name: string): string {
    return name === OWN_NAME ? OWN_CLAUSE : (equals(field, name) ?? '')
  }

  /** Adds a filter to the query, or takes it out again. */
  toggleClause(clause: string): void {
    this.go({ view: 'live', query: toggleClause(this.place.query, clause) })
  }

  /** Adds `field = value` to the query, or takes it out again. */
  toggle(field: string, value: unknown): void {
    const clause = field === 'tags' && typeof value === 'string' ? tagged(value) : equals(field, value)
    if (clause !== undefined) this.toggleClause(clause)
  }

  pause(paused: boolean = this.pausedAt === undefined): void {
    this.pausedAt = paused ? Date.now() : undefined
    this.changed.tell()
  }

  pin(event: SeenEvent | undefined): void {
    this.pinned = event
    this.changed.tell()
  }

  /** Pins the newest event of a row of the tape (one of `rows`) between two times, which must be asked for. */
  async pinFrom(row: string, rows: readonly string[], from: number, to: number): Promise<void> {
    const field = this.place.rows === 'type' ? 'type' : 'hostname'
    const clause =
      row === OTHER_ROWS
        ? `not (${rows.map(name => `(${this.clauseOf(field, name)})`).join(' or ')})`
        : this.clauseOf(field, row)
    const query = toggleClause(filterOf(this.place.query), clause)
    const outcome = await askEvents({ query, from: Math.floor(from), to: Math.ceil(to), limit: 1 })
    if ('ok' in outcome && outcome.ok[0]) this.pin(outcome.ok[0])
  }

  /** Asks again what the page shows, though nothing changed. */
  again(): void {
    this.#answered = undefined
    this.#arrive()
  }

  /** Colours what came of the past together, before any part of the page asks for the one or the other. */
  #colour(): void {
    const { marks, ready, version } = this.feed
    if (!ready || version === this.#coloured) return
    this.#coloured = version
    this.palette.meet(marks.newest(PAST).map(({ type }) => type))
  }

  async #meet(): Promise<void> {
    if (this.live.state !== 'live' || this.met !== undefined) return
    const outcome = await askEvents({ query: `not (${OWN_CLAUSE})`, limit: 1 })
    if (!('ok' in outcome)) return
    this.met ||= outcome.ok.length > 0
    this.changed.tell()
  }

  #arrive(): void {
    this.place = fromHash(location.hash)
    const { query, range, span } = this.place
    const filter = filterOf(query)
    if (this.#followed?.filter !== filter || this.#followed.span !== span) {
      this.#followed = { filter, span }
      this.pausedAt = undefined
      this.feed.start(filter, span)
    }
    const asked = JSON.stringify([query, range])
    if (asked !== this.#answered) {
      this.#answered = asked
      this.answers.start(query, range)
    }
    this.changed.tell()
  }
}

function remembered(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(COLOURS) ?? '{}') as Record<string, string>
  } catch {
    return {}
  }
}

export const session: Session = new Session()
