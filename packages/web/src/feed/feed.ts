import type { Live } from '../api/live.ts'
import { ask, type Refusal } from '../api/request.ts'
import { counted } from '../ask/clause.ts'
import { Topic } from '../page/topic.ts'
import { Marks } from '../tape/marks.ts'
import type { SeenEvent } from '../text/event.ts'
import { bucketFor, span } from '../text/format.ts'
import { ratesOf, type TypeRate } from './rates.ts'

/** Real events fetched of the past; what is older comes as counts. */
export const PAST = 4000
/** Points of the older past, over the span. */
const POINTS = 600
/** Marks that stand for one bucket of it, at most. */
const SPREAD = 3

/** What comes in: marks for the tape, the newest events, the rate of each type. One filter and span at a time. */
export class Feed {
  /** Marks were added or forgotten. */
  readonly changed: Topic = new Topic()
  /** New rates, about once a second. */
  readonly counted: Topic = new Topic()
  readonly marks: Marks = new Marks()
  rates: TypeRate[] = []
  /** Rises each time the tape must be drawn anew: the marks in the ring are others. */
  version = 0
  /** Events the stream left out, being too many. */
  dropped = 0
  /** Whether the past has arrived: nothing there means nothing was sent. */
  ready = false
  /** What the past lacks. */
  coverage: string | undefined
  refused: Refusal | undefined
  readonly #live: Live
  #stops: (() => void)[] = []
  #run = 0

  constructor(live: Live) {
    this.#live = live
  }

  /** @param filter '' for every event @param ms how far back the tape goes */
  start(filter: string, ms: number): void {
    this.#run++
    for (const stop of this.#stops) stop()
    this.#forget()
    this.rates = []
    const run = this.#run
    let past = true
    const tape = this.#live.subscribe(
      { query: filter, from: `-${span(ms)}`, limit: PAST },
      {
        events: (events, coverage) => {
          this.#add(events)
          if (past) this.coverage = coverage
          if (past && events.length >= PAST) void this.#older(run, filter, ms, events[0]!.time)
          if (past) this.ready = true
          past = false
          this.changed.tell()
        },
        dropped: count => {
          this.dropped += count
        },
        reset: () => {
          past = true
          this.#forget()
        },
        refused: refusal => {
          this.refused = refusal
          this.changed.tell()
        },
      },
    )
    const rates = this.#live.subscribe(
      { query: counted(filter, ['type'], 1000), from: '-65s' },
      {
        answer: answer => {
          this.rates = ratesOf(answer, Date.now())
          this.counted.tell()
        },
      },
    )
    this.#stops = [tape, rates]
  }

  #add(events: readonly SeenEvent[]): void {
    for (const event of events) this.marks.push(event)
  }

  #forget(): void {
    this.marks.clear()
    this.dropped = 0
    this.ready = false
    this.coverage = undefined
    this.refused = undefined
    this.version++
    this.changed.tell()
  }

  async #older(run: number, filter: string, ms: number, before: number): Promise<void> {
    const from = Date.now() - ms
    const bucket = bucketFor(ms, POINTS)
    if (before - from < bucket) return
    const query = counted(filter, ['type', 'hostname'], bucket)
    const outcome = await ask({ query, from, to: before, limit: 100_000 })
    if (run !== this.#run || !('ok' in outcome)) return
    const { columns, rows } = outcome.ok
    const at = (name: string) => columns.findIndex(column => column.name === name)
    const [type, host, time, count] = [at('type'), at('hostname'), at('time'), columns.length - 1]
    for (const row of rows) {
      // A bucket's events lie anywhere in it: they are spread, so that buckets and columns make no pattern of their own.
      const total = Number(row[count])
      const parts = Math.min(SPREAD, total)
      for (let part = 0; part < parts; part++) {
        const when = Math.min(Number(row[time]) + ((part + 0.5) / parts) * bucket, before)
        const weight = Math.floor((total * (part + 1)) / parts) - Math.floor((total * part) / parts)
        this.marks.pushMany(when, String(row[type] ?? ''), String(row[host] ?? ''), weight)
      }
    }
    this.version++
    this.changed.tell()
  }
}
