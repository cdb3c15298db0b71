import { setInterval } from 'node:timers'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { Intake, Taken } from '@telltale/pipeline'
import type { RawData, WebSocket } from 'ws'
import { answer, failure } from './answer.ts'
import { Delivery } from './delivery.ts'
import { peerAddress } from './listen-error.ts'

export interface WebSocketOptions {
  intake: Intake
  /** The peer's address: the hostname of events that name none. */
  address: string
  /** Default `websocket`. */
  channel?: string
  /** Bytes received and not yet answered beyond which the socket is not read. Default 4 MB. */
  unanswered?: number
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

/**
 * Takes events from an open WebSocket. Each message, text or binary, is one event, a JSON array, or NDJSON; each is
 * answered in order, `{"accepted":n,"rejected":[…]}`, once it is journaled. A peer that sends faster than that, or does
 * not read its answers, is not read from. The size of one message is bounded by the server's `maxPayload`.
 */
export function websocket(socket: WebSocket, options: WebSocketOptions): WebSocketIntake {
  const { intake, channel = 'websocket', unanswered = 4 * 1024 * 1024, ping = 30_000 } = options
  const delivery = new Delivery(intake, { channel, address: peerAddress(options.address) }, { unjournaled: unanswered })
  let waiting = 0
  let alive = true
  let closing = false
  let messages = 0
  let taking: Promise<unknown> = Promise.resolve()
  let answering: Promise<unknown> = Promise.resolve()

  const reply = async (taken: Taken, cost: number): Promise<void> => {
    const text = await taken.journaled.then(() => answer(taken), failure)
    if (socket.readyState === socket.OPEN) await new Promise<void>(sent => socket.send(text, () => sent()))
    waiting -= cost
    if (socket.isPaused && waiting <= unanswered / 2) socket.resume()
  }

  socket.on('message', data => {
    alive = true
    // What comes after the goodbye is not answered, so it must not be taken: its sender will send it again.
    if (closing) return
    const bytes = bytesOf(data)
    const cost = bytes.length + OVERHEAD
    waiting += cost
    messages++
    if (waiting > unanswered) socket.pause()
    taking = taking.then(async () => {
      const taken = await delivery.take(bytes)
      answering = answering.then(() => reply(taken, cost))
    })
  })
  socket.on('pong', () => {
    alive = true
  })
  // A broken frame or a lost connection: `close` follows.
  socket.on('error', () => {})

  const timer = setInterval(() => {
    // While it is not read, a pong could not be heard either.
    if (!alive && !socket.isPaused) return socket.terminate()
    alive = false
    if (socket.readyState === socket.OPEN) socket.ping()
  }, ping)
  timer.unref()

  const handedOver = async (): Promise<void> => {
    await taking
    await answering
  }
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve())).finally(() => clearInterval(timer))
  return {
    closed,
    stop: async () => {
      const end = performance.now() + LAST_WORDS
      for (let before = -1; before !== messages && performance.now() < end; ) {
        before = messages
        await Promise.race([handedOver(), wait(LAST_WORDS)])
        await turn()
      }
      closing = true
      // Where the journal is stuck, what it could not take is not answered either.
      const enough = new AbortController()
      await Promise.race([handedOver(), wait(STUCK, undefined, { signal: enough.signal }).catch(() => {})])
      enough.abort()
      socket.close(1001, 'telltale is stopping')
      const timeOut = setTimeout(() => socket.terminate(), 1_000)
      await closed
      clearTimeout(timeOut)
    },
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
