import { randomUUID } from 'node:crypto'
import { type IncomingMessage, maxHeaderSize, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import { type Refusal, refusal } from './refuse.ts'

/** What Node says of a connection it can read no further. */
type Break = Error & { code?: string; reason?: string }

interface Sentence {
  status: number
  message: string
  hint: string
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

/** How long a connection that was told is still open, in ms: closed on unread bytes it would lose the answer. */
const LAST_WORDS = 1_000

/**
 * Answers what is no request, and what stops being one: garbage, headers that are too long, a body that is cut or whose
 * chunks are broken. The answer has the form of every other error. Where somebody reads the body that was cut, it is his
 * to answer: he knows what he took of it.
 */
export class BrokenRequests {
  /** The newest of each connection: those before it are answered before it. */
  readonly #newest = new WeakMap<Socket, Exchange>()
  readonly #readers = new WeakMap<IncomingMessage, AbortController>()
  readonly #told = new WeakSet<Socket>()

  watch(server: Server): void {
    // Who has said all that he has to say, and ended his side, is answered all the same.
    Object.assign(server, { httpAllowHalfOpen: true })
    server.on('request', (request, response) => this.#newest.set(request.socket, { request, response }))
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      const message = `expect: ${request.headers.expect} can not be met`
      const { headers, body } = answer(refusal(message, 'only 100-continue can'))
      response.writeHead(417, headers).end(body)
    })
  }

  /** The same for WebSockets: the ones that are refused, and the answer to the ones that are not. */
  watchSockets(server: WebSocketServer): void {
    server.on('wsClientError', (error: Error, socket: Duplex) => {
      say(socket, { status: 400, message: `no WebSocket: ${error.message}`, hint: 'see docs/channels.md' })
    })
    server.on('headers', (headers: string[], { headers: given }: IncomingMessage) => {
      headers.push(`x-request-id: ${given['x-request-id'] ?? randomUUID()}`)
    })
  }

  /** For who reads a body and answers also where it is cut: aborted then, with the reason. */
  cut(request: IncomingMessage): AbortSignal {
    const cut = new AbortController()
    this.#readers.set(request, cut)
    return cut.signal
  }

  /** Node's `clientError`. It comes again with everything that is received after the first. */
  readonly broke = (error: Break, socket: Socket): void => {
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy(error)
    if (socket.destroyed || this.#told.has(socket)) return
    this.#told.add(socket)
    const newest = this.#newest.get(socket)
    if (newest?.request.complete === false) this.#cut(newest, error, socket)
    else if (newest === undefined || newest.response.writableFinished) tell(error, socket)
    else newest.response.once('finish', () => tell(error, socket))
  }

  #cut({ request, response }: Exchange, error: Break, socket: Socket): void {
    const reader = this.#readers.get(request)
    // Who answered without reading it to its end has told all there is to tell.
    if (response.headersSent) socket.destroySoon()
    else if (reader === undefined) tell(error, socket)
    else reader.abort(new Error(sentence(error).message))
  }
}

function tell(error: Break, socket: Socket): void {
  say(socket, sentence(error))
}

function say(socket: Duplex, { status, message, hint }: Sentence): void {
  if (!socket.writable) return
  const { headers, body } = answer(refusal(message, hint))
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  const timeOut = setTimeout(() => socket.destroy(), LAST_WORDS)
  socket.once('close', () => clearTimeout(timeOut))
}

function answer(refused: Refusal): { headers: Record<string, string | number>; body: string } {
  const body = JSON.stringify(refused)
  const headers = {
    'x-request-id': randomUUID(),
    'x-content-type-options': 'nosniff',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  return { headers, body }
}

function sentence({ code, reason, message }: Break): Sentence {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, message: `the headers are more than ${maxHeaderSize} bytes`, hint: 'send fewer or shorter' }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, message: 'the extensions of a chunk are too long', hint: 'send none' }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, message: 'the request did not come whole in time', hint: 'send it again' }
    case 'HPE_INVALID_EOF_STATE':
      return { status: 400, message: 'the connection ended in the middle of the request', hint: 'send it whole' }
    default:
      return { status: 400, message: `this is no HTTP/1.1: ${reason ?? message}`, hint: 'see /docs' }
  }
}
