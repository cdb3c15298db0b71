import { IncomingMessage } from 'node:http'

/**
 * A request as Node reads it, but that becomes something else only where it asks for a WebSocket. Any other upgrade is
 * not wanted and is passed over, as RFC 9110 has it: `curl --http2` and Java's client ask for h2c with every request,
 * and are answered as if they had not. Node asks `upgrade` before it reads on, and again behind what it has read.
 */
export class Request extends IncomingMessage {
  /** Whether it asks to become anything else. No `#asked`: Node's constructor sets it before ours could. */
  declare asked: boolean | null

  get upgrade(): boolean {
    return this.asked === true && (this.method === 'CONNECT' || isWebSocket(this))
  }

  set upgrade(asked: boolean | null) {
    this.asked = asked
  }
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.trim().toLowerCase() === 'websocket'
}
