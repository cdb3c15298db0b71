import type { Readable } from 'node:stream'
import { setInterval } from 'node:timers'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { Intake, Taken } from '@telltale/pipeline'
import type { RawData, WebSocket } from 'ws'
import { answer, failure } from './answer.ts'
import { Crowd, type Member } from './crowd.ts'
import { Delivery } from './delivery.ts'
import { peerAddress } from './listen-error.ts'
import { Unfinished } from './unfinished.ts'

export interface WebSocketOptions {
  intake: Intake
  /** The peer's address: the hostname of events that name none. */
  address: string
  /** Default `websocket`. */
  channel?: string
  /** Bytes received and not yet answered beyond which the socket is not read. Default 4 MB. */
  unanswered?: number
  /** What it may hold together with others. Default: as if it were alone. */
  crowd?: Crowd
  /** What the WebSocket reads from: seen too, so that parts of messages count. */
  stream?: Readable
  /** ms between pings; a peer that is silent from one to the next is taken for gone. Default 30,000. */
  ping?: number
}

export interface WebSocketIntake {
  /** Resolves once the connection is closed. */
  readonly closed: Promise<void>
  /** Takes and answers what was received, then closes (1001, going away). */
  stop(): Promise<void>
}

/** What a message costs in memory besides its bytes. */
const OVERHEAD = 512
/** How long a peer that still sends is listened to when it is to stop, in ms. */
const LAST_WORDS = 250
/** How long what was taken may take to be journaled when it is to stop, in ms: answers that come later are none. */
const STUCK = 10_000
/** How long a peer may take to close its end, in ms. */
const GOODBYE = 1_000
/** Pings in a row without an answer read, after which a peer that is being answered is taken for one that never reads. */
const DEAF = 2

/**
 * Takes events from an open WebSocket. Each message, text or binary, is one event, a JSON array, or NDJSON; each is
 * answered in order, `{"accepted":n,"rejected":[…]}`, once it is journaled. It is not read while the intake is busy, nor
 * while it, or all who send together, hold too much. The size of one message is bounded by the server's `maxPayload`.
 */
export function websocket(socket: WebSocket, options: WebSocketOptions): WebSocketIntake {
  return new SendingSocket(socket, options)
}

class SendingSocket implements WebSocketIntake, Member {
  readonly closed: Promise<void>
  readonly #socket: WebSocket
  readonly #intake: Intake
  readonly #delivery: Delivery
  readonly #crowd: Crowd
  readonly #unanswered: number
  /** Bytes received and not yet answered. */
  #waiting = 0
  readonly #unfinished = new Unfinished()
  #part = 0
  /** It waits for the intake. */
  #holding = false
  #alive = true
  #closing = false
  /** There was no room for it: nothing more of it is taken. */
  #isOut = false
  #messages = 0
  #taking: Promise<unknown> = Promise.resolve()
  #answering: Promise<unknown> = Promise.resolve()
  /** Answers that were sent; and how many there were at the last ping, where one was on its way that is not read. */
  #answers = 0
  #unread: number | undefined
  #sending = false
  #deaf = 0

  constructor(socket: WebSocket, options: WebSocketOptions) {
    const { intake, channel = 'websocket', unanswered = 4 * 1024 * 1024, ping = 30_000 } = options
    this.#socket = socket
    this.#intake = intake
    this.#unanswered = unanswered
    this.#crowd = options.crowd ?? new Crowd(Number.POSITIVE_INFINITY)
    const sender = { channel, address: peerAddress(options.address) }
    this.#delivery = new Delivery(intake, sender, { unjournaled: unanswered })
    this.#listen()
    // After the socket's own listener: what a chunk made was told by then.
    const { stream } = options
    const received = (chunk: Uint8Array): void => this.#received(chunk.length)
    stream?.on('data', received)
    const timer = setInterval(() => this.#ping(), ping)
    timer.unref()
    this.#crowd.join(this)
    this.closed = new Promise<void>(resolve => socket.once('close', () => resolve())).finally(() => {
      clearInterval(timer)
      stream?.off('data', received)
      this.#gone()
    })
    this.weigh()
  }

  get part(): number {
    return this.#part
  }

  weigh(): void {
    const socket = this.#socket
    const isBusy = this.#intake.busy !== undefined
    if (isBusy) this.#awaitIntake()
    const most = socket.isPaused ? this.#unanswered / 2 : this.#unanswered
    const reads = this.#waiting <= most && !isBusy && !this.#crowd.full
    if (reads === !socket.isPaused) return
    if (!reads) socket.pause()
    else {
      // Its pong may be among what was not read.
      this.#alive = true
      socket.resume()
    }
  }

  crowdedOut(): void {
    this.#isOut = true
    this.#socket.close(1013, 'too much is being received, send it again later')
    setTimeout(() => this.#socket.terminate(), GOODBYE).unref()
  }

  async stop(): Promise<void> {
    const end = performance.now() + LAST_WORDS
    for (let before = -1; before !== this.#messages && performance.now() < end; ) {
      before = this.#messages
      await Promise.race([this.#handedOver(), wait(LAST_WORDS)])
      await turn()
    }
    this.#closing = true
    // Where the journal is stuck, what it could not take is not answered either.
    const enough = new AbortController()
    await Promise.race([this.#handedOver(), wait(STUCK, undefined, { signal: enough.signal }).catch(() => {})])
    enough.abort()
    this.#socket.close(1001, 'telltale is stopping')
    const timeOut = setTimeout(() => this.#socket.terminate(), GOODBYE)
    await this.closed
    clearTimeout(timeOut)
  }

  #listen(): void {
    const control = (data: Buffer): void => {
      this.#alive = true
      this.#unfinished.control(data.length)
    }
    this.#socket
      .on('message', data => this.#take(bytesOf(data)))
      .on('ping', control)
      .on('pong', control)
      // A broken frame or a lost connection: `close` follows.
      .on('error', () => {})
  }

  #take(bytes: Buffer): void {
    this.#alive = true
    this.#unfinished.message(bytes.length)
    // What comes after the goodbye is not answered, so it must not be taken: its sender will send it again.
    if (this.#closing || this.#isOut) return
    this.#setPart(0)
    const cost = bytes.length + OVERHEAD
    this.#waiting += cost
    this.#messages++
    this.#crowd.hold(cost)
    this.weigh()
    this.#taking = this.#taking.then(async () => {
      const taken = await this.#delivery.take(bytes)
      this.#answering = this.#answering.then(() => this.#reply(taken, cost))
    })
  }

  async #reply(taken: Taken, cost: number): Promise<void> {
    const socket = this.#socket
    const text = await taken.journaled.then(() => answer(taken), failure)
    this.#sending = true
    if (socket.readyState === socket.OPEN) await new Promise<void>(sent => socket.send(text, () => sent()))
    this.#sending = false
    this.#answers++
    this.#waiting -= cost
    this.#crowd.hold(-cost)
    this.weigh()
  }

  #received(length: number): void {
    this.#alive = true
    this.#unfinished.chunk(length)
    if (!this.#isOut) this.#setPart(this.#unfinished.cost)
  }

  #setPart(cost: number): void {
    const more = cost - this.#part
    this.#part = cost
    if (more !== 0) this.#crowd.holdPart(more)
  }

  #awaitIntake(): void {
    if (this.#holding) return
    this.#holding = true
    void this.#intake.ready().then(() => {
      this.#holding = false
      this.weigh()
    })
  }

  #ping(): void {
    const socket = this.#socket
    // While it is not read, a pong could not be heard either.
    const isGone = !this.#alive && !socket.isPaused
    this.#alive = false
    if (this.#isDeaf() || isGone) socket.terminate()
    else if (socket.readyState === socket.OPEN) socket.ping()
  }

  /** Whoever does not read answers keeps room that others need. */
  #isDeaf(): boolean {
    this.#deaf = this.#sending && this.#unread === this.#answers ? this.#deaf + 1 : 0
    this.#unread = this.#sending ? this.#answers : undefined
    return this.#deaf >= DEAF
  }

  #gone(): void {
    this.#crowd.leave(this)
    // Whoever was crowded out is not among the parts any more.
    if (this.#isOut) this.#crowd.hold(-this.#part)
    else this.#setPart(0)
  }

  async #handedOver(): Promise<void> {
    await this.#taking
    await this.#answering
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
