import { setImmediate as turn } from 'node:timers/promises'
import type { Batch, Clock } from '@telltale/event'
import { print, type Query } from '@telltale/query'
import { type Selector, selector } from '@telltale/query/batch'
import type { Recent } from '@telltale/recent'
import type { Span } from '@telltale/standing'
import { withRows } from './answer-text.ts'
import type { Asker } from './ask.ts'
import { LiveAnswers } from './live-answers.ts'
import { type Asked, readQuestion } from './question.ts'
import { type Refusal, refusal } from './refuse.ts'
import { spanOf } from './span.ts'
import type { StandingHost } from './standing-host.ts'

/** Where a subscriber's messages go: one WebSocket or one SSE answer. */
export interface Outgoing {
  /** Sends one message, already JSON. */
  send(message: string): void
  /** Bytes sent and not yet taken by the network. */
  readonly waiting: number
}

export interface LiveOptions {
  host: StandingHost
  asker: Asker
  recent: Recent
  clock: Clock
  /** Bytes a subscriber may leave unread before it is told to start over. Default 8 MiB. */
  maxWaiting?: number
  /** Bytes that all subscribers together may leave unread; beyond, whoever has more than an equal share starts over. Default 64 MiB. */
  maxUnread?: number
  /** Events a second sent to one subscription; more are counted as dropped. Default 5,000. */
  maxEvents?: number
  /** Subscriptions of one subscriber. Default 50. */
  maxSubscriptions?: number
  /** Results of an aggregate query are sent at most this often, in ms. Default 250. */
  every?: number
}

/** What a subscriber writes: `{"id":"a","query":"…","from":"-15m"}`, or `{"id":"a","unsubscribe":true}`. */
export interface Subscribe extends Asked {
  id?: unknown
  unsubscribe?: unknown
}

/** One query one subscriber looks at. */
interface Subscription {
  readonly id: string
  /** What ends it, beside its place in the subscriber's list. */
  end(): void
}

/** An event that is sent on, as JSON. */
interface Shown {
  readonly time: number
  readonly text: string
}

/** The events that match, as they come. */
interface Tail extends Subscription {
  readonly asked: Asked
  /** Of which times events are wanted: of the range in the query, or up to a fixed end. */
  readonly span: Span
  /** Equal for subscriptions with equal filters. */
  readonly filter: string
  readonly select: Selector
  readonly subscriber: Subscriber
  /** Batches that came while the past was being asked; undefined once it has been sent. */
  held: Batch[] | undefined
  /** Everything at or below this seq is in the first result. */
  mark: number
  /** Events it may still be sent in this second. */
  allowance: number
  dropped: number
}

interface Subscriber {
  readonly outgoing: Outgoing
  readonly subscriptions: Map<string, Subscription>
  readonly tails: Map<string, Tail>
  behind: boolean
}

/** Everyone who looks: a first result, then what changes. */
export class Live {
  readonly #options: Required<LiveOptions>
  readonly #subscribers = new Set<Subscriber>()
  readonly #answers: LiveAnswers
  readonly #stops: (() => void)[]
  /** The last seq that was broadcast. */
  #seen = 0
  /** Bytes all together have not read, as far as is known. */
  #unread = 0

  constructor(options: LiveOptions) {
    this.#options = {
      maxWaiting: 8 * 1024 * 1024,
      maxUnread: 64 * 1024 * 1024,
      maxEvents: 5000,
      maxSubscriptions: 50,
      every: 250,
      ...options,
    }
    const { clock } = options
    this.#answers = new LiveAnswers(this.#options)
    this.#stops = [clock.every(1000, () => this.#refill()), () => this.#answers.stop()]
  }

  /** Adds a subscriber. @returns what to call with each of its messages, and when it is gone */
  join(outgoing: Outgoing): { receive(message: Subscribe): void; leave(): void } {
    const subscriber: Subscriber = { outgoing, subscriptions: new Map(), tails: new Map(), behind: false }
    this.#subscribers.add(subscriber)
    return {
      receive: message => this.#receive(subscriber, message),
      leave: () => {
        this.#subscribers.delete(subscriber)
        for (const { end } of subscriber.subscriptions.values()) end()
      },
    }
  }

  get size(): number {
    return this.#subscribers.size
  }

  /**
   * Re-broadcasts a journaled batch to all whose filter matches, each distinct filter run once. Where there are many, others
   * get their turn of the event loop in between.
   * @returns when it is done, where it is not yet
   */
  batch(batch: Batch): Promise<void> | undefined {
    this.#weigh()
    // What a mailbox had to drop is missed by all of them.
    if (this.#seen > 0 && batch.seq > this.#seen + 1) for (const each of this.#subscribers) each.behind = true
    this.#seen = batch.seq + batch.length - 1
    return this.#serve(this.#subscribers.values(), batch, new Map())
  }

  #serve(rest: Iterator<Subscriber>, batch: Batch, selected: Map<string, Shown[]>): Promise<void> | undefined {
    const until = performance.now() + TURN
    for (let next = rest.next(), served = 1; !next.done; next = rest.next(), served++) {
      for (const tail of next.value.tails.values()) {
        if (tail.held === undefined) this.#forward(tail, batch, selected)
        else if (tail.held.length < 1000) tail.held.push(batch)
        else tail.dropped += batch.length
      }
      if (served % AT_ONCE === 0 && performance.now() > until)
        return turn().then(() => this.#serve(rest, batch, selected))
    }
    return undefined
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #receive(subscriber: Subscriber, message: Subscribe): void {
    const id = typeof message?.id === 'string' && message.id.length <= 100 ? message.id : undefined
    const refused =
      id === undefined
        ? refusal('a subscription needs an id of at most 100 characters', '{"id":"a","query":"type = exception"}')
        : this.#subscribe(subscriber, id, message)
    if (refused !== undefined) say(subscriber, { id: id ?? null, ...refused })
  }

  #subscribe(subscriber: Subscriber, id: string, message: Subscribe): Refusal | undefined {
    const { subscriptions } = subscriber
    if (message.unsubscribe) {
      subscriptions.get(id)?.end()
      return undefined
    }
    if (!subscriptions.has(id) && subscriptions.size >= this.#options.maxSubscriptions)
      return refusal(`more than ${this.#options.maxSubscriptions} subscriptions on one connection`)
    const { query, from, to, limit } = message
    const asked = { query, from, to, limit }
    const question = readQuestion(asked, this.#options.clock.now())
    if ('error' in question) return question
    subscriptions.get(id)?.end()
    if (question.query.aggregates.length > 0) this.#look(subscriber, id, asked, question.query)
    else this.#tail(subscriber, id, asked, question.query)
    return undefined
  }

  #look(subscriber: Subscriber, id: string, asked: Asked, query: Query): void {
    const { subscriptions, outgoing } = subscriber
    const full = (): boolean => this.#full(outgoing)
    const leave = this.#answers.join(asked, query, {
      show: (answer, rows) => outgoing.send(withRows(answer, rows, { id })),
      refuse: refused => say(subscriber, { id, ...refused }),
      get full() {
        return full()
      },
    })
    const end = (): void => {
      leave()
      subscriptions.delete(id)
    }
    subscriptions.set(id, { id, end })
  }

  #tail(subscriber: Subscriber, id: string, asked: Asked, query: Query): void {
    const { subscriptions, tails } = subscriber
    const { recent, clock, maxEvents } = this.#options
    const upto = spanOf({ from: Number.MIN_SAFE_INTEGER, to: asked.to }, clock.now())
    const tail: Tail = {
      id,
      asked,
      span: query.range ?? upto ?? { kind: 'all' },
      filter: print({ kind: 'query', set: [], aggregates: [], by: [], sort: [], ...filterOf(query) }),
      select: selector(query),
      subscriber,
      held: [],
      mark: recent.coverage().highestSeq,
      allowance: maxEvents,
      dropped: 0,
      end() {
        tails.delete(id)
        subscriptions.delete(id)
      },
    }
    subscriptions.set(id, tail)
    tails.set(id, tail)
    void this.#past(tail)
  }

  /** Sends the newest events of the range, oldest first, then lets the live ones follow. */
  async #past(subscription: Tail): Promise<void> {
    const { asked, mark, id, subscriber } = subscription
    const ended = (): boolean => subscriber.tails.get(id) !== subscription
    try {
      const question = readQuestion({ ...asked, limit: asked.limit ?? 1000 }, this.#options.clock.now())
      const ranged = asked.from !== undefined || asked.to !== undefined
      if (!('error' in question) && (ranged || question.query.range !== undefined)) {
        const { rows, stats } = await this.#options.asker.ask(question.query, { ...question.scope, uptoSeq: mark })
        if (ended()) return
        const lacking = stats.coverage === 'exact' ? {} : { coverage: stats.coverage }
        say(subscriber, { id, events: rows.map(row => row[0]).reverse(), ...lacking })
      } else say(subscriber, { id, events: [] })
    } catch (error) {
      if (ended()) return
      say(subscriber, { id, ...refusal(String(error)) })
    }
    const held = subscription.held ?? []
    subscription.held = undefined
    for (const batch of held) if (batch.seq > mark) this.#forward(subscription, batch, new Map())
  }

  #forward(subscription: Tail, batch: Batch, selected: Map<string, Shown[]>): void {
    const { subscriber, filter, select, span } = subscription
    if (batch.seq <= subscription.mark) return
    let all = selected.get(filter)
    if (all === undefined) {
      all = Array.from(select(batch), row => ({ time: batch.time[row]!, text: JSON.stringify(batch.event(row)) }))
      selected.set(filter, all)
    }
    const now = this.#options.clock.now()
    const events = span.kind === 'all' ? all : all.filter(({ time }) => isWithin(time, span, now))
    if (events.length === 0) return
    for (let from = 0; from < events.length; ) {
      if (this.#full(subscriber.outgoing)) {
        subscriber.behind = true
        return
      }
      if (subscriber.behind) startOver(subscriber)
      if (subscription.allowance === 0) {
        subscription.dropped += events.length - from
        return
      }
      from = this.#piece(subscription, events, from)
    }
  }

  /** Sends what makes a message, of what is left. @returns where the rest begins */
  #piece(subscription: Tail, events: readonly Shown[], from: number): number {
    const { outgoing } = subscription.subscriber
    let end = from
    for (let size = 0; end < events.length && size < PIECE && subscription.allowance > 0; subscription.allowance--)
      size += events[end++]!.text.length
    const before = outgoing.waiting
    const texts = events.slice(from, end).map(({ text }) => text)
    outgoing.send(`{"id":${JSON.stringify(subscription.id)},"events":[${texts.join(',')}]}`)
    this.#unread += outgoing.waiting - before
    return end
  }

  #weigh(): void {
    this.#unread = 0
    for (const { outgoing } of this.#subscribers) this.#unread += outgoing.waiting
  }

  #full({ waiting }: Outgoing): boolean {
    const { maxWaiting, maxUnread } = this.#options
    if (waiting > maxWaiting) return true
    const share = this.#unread > 2 * maxUnread ? 0 : maxUnread / this.#subscribers.size
    return this.#unread > maxUnread && waiting > share
  }

  #refill(): void {
    this.#weigh()
    for (const subscriber of this.#subscribers) {
      // What it missed may be the last that ever matches.
      if (subscriber.behind && !this.#full(subscriber.outgoing)) startOver(subscriber)
      for (const subscription of subscriber.tails.values()) {
        subscription.allowance = this.#options.maxEvents
        if (subscription.dropped === 0) continue
        say(subscriber, { id: subscription.id, dropped: subscription.dropped })
        subscription.dropped = 0
      }
    }
  }
}

/** A message has some characters more than that at most, so that who does not read takes no more beyond the bounds. */
const PIECE = 64 * 1024

/** How long serving more than so many may keep others waiting at a time, in ms. */
const TURN = 5
const AT_ONCE = 16

/** What decides which events a query without aggregates gives. */
function filterOf({ filter, where, set }: Query): Partial<Query> {
  return { set, ...(filter === undefined ? {} : { filter }), ...(where === undefined ? {} : { where }) }
}

/** Whether an event that comes now is of a span. One that is ahead of the clock is. */
function isWithin(time: number, span: Span, now: number): boolean {
  if (span.kind === 'all') return true
  return span.kind === 'last' ? time >= now - span.ms : time >= span.from && time < span.to
}

function startOver(subscriber: Subscriber): void {
  subscriber.behind = false
  for (const id of subscriber.tails.keys()) say(subscriber, { id, reset: true })
}

function say(subscriber: Subscriber, message: object): void {
  subscriber.outgoing.send(JSON.stringify(message))
}
