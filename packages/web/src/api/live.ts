import { Topic } from '../page/topic.ts'
import { asEvent, type SeenEvent } from '../text/event.ts'
import { type Answer, ask, asRefusal, type Question, type Refusal } from './request.ts'
import { token } from './token.ts'

/** What a subscription may hear. */
export interface Hearer {
  /** Newest last. The first call after a start holds the past of the range, and says what that lacks, if anything. */
  events?(events: SeenEvent[], coverage: string | undefined): void
  /** The whole result, again each time it changed. */
  answer?(answer: Answer): void
  /** That many events were left out of the stream. */
  dropped?(count: number): void
  /** The server starts over: forget what was heard. */
  reset?(): void
  refused?(refusal: Refusal): void
}

export type LiveState = 'connecting' | 'live' | 'lost' | 'locked'

interface Message {
  id?: unknown
  events?: unknown[]
  columns?: Answer['columns']
  rows?: Answer['rows']
  stats?: Answer['stats']
  coverage?: string
  dropped?: number
  reset?: boolean
  error?: unknown
}

interface Subscription {
  id: string
  readonly question: Question
  readonly hearer: Hearer
}

const SLOWEST = 8000

/** One WebSocket with many subscriptions; comes back by itself after it was lost, and starts every subscription over. */
export class Live {
  readonly changed: Topic = new Topic()
  state: LiveState = 'connecting'
  /** ms since the epoch of the next try, while lost. */
  retryAt = 0
  readonly #subscriptions = new Map<string, Subscription>()
  #socket: WebSocket | undefined
  #wait = 500
  #next = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  start(): void {
    token.changed.follow(() => {
      if (token.wanted === undefined) this.retry()
    })
    addEventListener('online', () => this.retry())
    this.#connect()
  }

  /** Tries now, not when the wait is over. */
  retry(): void {
    if (this.state === 'live') return
    clearTimeout(this.#timer)
    this.#wait = 500
    this.#connect()
  }

  /** @returns what to call to stop hearing */
  subscribe(question: Question, hearer: Hearer): () => void {
    const subscription = { id: '', question, hearer }
    this.#begin(subscription)
    return () => this.#end(subscription)
  }

  #begin(subscription: Subscription): void {
    subscription.id = (this.#next++).toString(36)
    this.#subscriptions.set(subscription.id, subscription)
    this.#send({ id: subscription.id, ...subscription.question })
  }

  #end({ id }: Subscription): void {
    if (this.#subscriptions.delete(id)) this.#send({ id, unsubscribe: true })
  }

  #connect(): void {
    const old = this.#socket
    this.#socket = undefined
    old?.close()
    const url = new URL('/v1/live', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    if (token.value !== undefined) url.searchParams.set('token', token.value)
    const socket = new WebSocket(url)
    this.#socket = socket
    socket.onopen = () => this.#opened()
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(String(data)) as Message)
    socket.onclose = () => {
      if (this.#socket === socket) void this.#lost(socket)
    }
  }

  #opened(): void {
    this.#wait = 500
    this.#become('live')
    for (const [id, { question, hearer }] of this.#subscriptions) {
      hearer.reset?.()
      this.#send({ id, ...question })
    }
  }

  async #lost(socket: WebSocket): Promise<void> {
    // A browser does not say why a WebSocket failed; an ordinary request does, and asks for the token where that is it.
    if (this.state !== 'live') await ask({ query: '', from: '-1s', limit: 1 })
    if (this.#socket !== socket) return
    if (token.wanted !== undefined) return this.#become('locked')
    this.retryAt = Date.now() + this.#wait
    this.#timer = setTimeout(() => this.#connect(), this.#wait)
    this.#wait = Math.min(SLOWEST, this.#wait * 2)
    this.#become('lost')
  }

  #heard(message: Message): void {
    const subscription = this.#subscriptions.get(String(message.id))
    if (!subscription) return
    const { hearer } = subscription
    if (message.reset) {
      // We fell behind and something is missing. Under a new id, so that nothing meant for the old one is mixed in.
      this.#end(subscription)
      hearer.reset?.()
      this.#begin(subscription)
      return
    }
    if (message.events)
      hearer.events?.(
        message.events.map(asEvent).filter(event => event !== undefined),
        message.coverage,
      )
    if (message.columns && message.rows) {
      hearer.answer?.({ columns: message.columns, rows: message.rows, ...(message.stats && { stats: message.stats }) })
    }
    if (message.dropped) hearer.dropped?.(message.dropped)
    if (message.error) hearer.refused?.(asRefusal(message.error))
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  #become(state: LiveState): void {
    this.state = state
    this.changed.tell()
  }
}
