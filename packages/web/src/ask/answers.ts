import { parse, type Query } from '@telltale/query'
import type { Live } from '../api/live.ts'
import { type Answer, ask, askEvents, type Question, type Refusal } from '../api/request.ts'
import { type Range, rangeAt, rangeQuestion } from '../page/address.ts'
import { Topic } from '../page/topic.ts'
import type { SeenEvent } from '../text/event.ts'
import { bucketFor } from '../text/format.ts'
import { counted, filterOf } from './clause.ts'

const LISTED = 200
/** Sorted and limited event queries can't stream: they are asked again, ms. */
const AGAIN = 5000

/** The answer to the query of the page: stays up to date by itself while the range ends now. */
export class Answers {
  readonly changed: Topic = new Topic()
  answer: Answer | undefined
  /** The range the answer is about: the query's own, else the page's. */
  within: Range = { kind: 'last', ms: 900_000 }
  /** The text the answer answers. */
  asked = ''
  refused: Refusal | undefined
  waiting = false
  /** When it was asked, ms since the epoch. */
  askedAt = 0
  /** The query asked for events only; the answer shown is how many of each type came. */
  ofEvents = true
  /** ms a point of the graph stands for, where we chose it. */
  step: number | undefined
  /** The range ends now, so the answer goes on. */
  standing = true
  /** Events of a range that is over, or of a query that sorts; undefined: the newest of the stream are meant. */
  events: SeenEvent[] | undefined
  readonly #live: Live
  #stop: () => void = () => {}

  constructor(live: Live) {
    this.#live = live
  }

  start(query: string, range: Range): void {
    this.#stop()
    const cancel = new AbortController()
    const stops = [() => cancel.abort()]
    this.#stop = () => {
      for (const stop of stops) stop()
    }
    this.standing = range.kind === 'last'
    this.answer = this.refused = this.events = undefined
    const { query: tree, error } = parse(query)
    this.waiting = error === undefined
    this.askedAt = Date.now()
    if (error) {
      this.#refuse(error)
      return
    }
    this.ofEvents = tree.aggregates.length === 0
    this.within = tree.range ?? range
    const question = this.#question(query, tree, range)
    this.asked = question.query
    if (this.standing) {
      stops.push(
        this.#live.subscribe(question, {
          answer: answer => this.#answered(answer),
          refused: refusal => this.#refuse(refusal),
        }),
      )
    } else {
      void ask(question, cancel.signal).then(outcome => {
        if (cancel.signal.aborted) return
        if ('ok' in outcome) this.#answered(outcome.ok)
        else this.#refuse(outcome.refused)
      })
    }
    const listed = this.#listed(query, tree)
    if (listed !== undefined) {
      const list = () => this.#list({ query: listed, ...rangeQuestion(range), limit: LISTED }, cancel.signal)
      list()
      if (this.standing) {
        const timer = setInterval(list, AGAIN)
        stops.push(() => clearInterval(timer))
      }
    }
    this.changed.tell()
  }

  /** Waits for the answer no longer. */
  giveUp(): void {
    this.#stop()
    this.waiting = false
    this.changed.tell()
  }

  /** A query of events is answered by a graph: how many of each type, over time. */
  #question(text: string, query: Query, range: Range): Question {
    const when = rangeQuestion(range)
    if (!this.ofEvents) {
      this.step = query.window?.kind === 'tumbling' ? query.window.ms : undefined
      return { query: text, ...when }
    }
    const { from, to } = rangeAt(this.within, 0)
    this.step = bucketFor(to - from)
    return { query: counted(text, ['type'], this.step), ...when }
  }

  /** The query of the events to list; undefined where the stream has them. */
  #listed(text: string, query: Query): string | undefined {
    if (this.ofEvents) {
      const { set, where, sort, limit, range } = query
      const plain =
        set.length === 0 && where === undefined && sort.length === 0 && limit === undefined && range === undefined
      return plain && this.standing ? undefined : text
    }
    return this.standing ? undefined : filterOf(text)
  }

  #list(question: Question, signal: AbortSignal): void {
    void askEvents(question, signal).then(outcome => {
      if (signal.aborted) return
      if ('ok' in outcome) this.events = outcome.ok
      else this.refused ??= outcome.refused
      this.changed.tell()
    })
  }

  #answered(answer: Answer): void {
    this.waiting = false
    this.refused = undefined
    this.answer = answer
    this.changed.tell()
  }

  #refuse(refusal: Refusal): void {
    this.waiting = false
    this.refused = refusal
    this.changed.tell()
  }
}
