import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import { closing } from '../gone.ts'
import type { Live, Subscribe } from '../live.ts'
import { QUERY_STRING } from '../question.ts'
import { refusal, upgradeRequired } from '../refuse.ts'

/** Bytes that a subscriber who goes on asking may leave unread. */
const MAX_UNREAD = 16 * 1024 * 1024
/** How often who looks is asked whether it is still there, in ms. */
const BEAT = 15_000

/** Looking: `GET /v1/live`, as a WebSocket with many subscriptions or as Server-Sent Events with one. */
export function live(app: FastifyInstance, context: Context, hub: Live, stopping: AbortSignal): void {
  app.route({
    method: 'GET',
    url: '/v1/live',
    schema: {
      summary: 'A first result, then changes',
      description:
        'Role: read. WebSocket: send {"id":"a","query":"…","from":"-15m"}. With `Accept: text/event-stream`: one subscription from the query string, as Server-Sent Events. What comes for an id: {events}, the first time of the range, with {coverage} where that lacks some; or {columns, rows, stats} each time they change; {dropped: n} where more came than is sent; {reset: true} where some were missed: forget them, and subscribe anew; {error}.',
      tags: ['query'],
      querystring: QUERY_STRING,
    },
    preHandler: (request, reply, done) => {
      if (context.allowed('read', request, reply)) done()
    },
    handler: (request, reply) => sse(request, reply, hub, stopping),
    wsHandler(socket) {
      const outgoing = {
        send: (message: string) => socket.readyState === socket.OPEN && socket.send(message),
        get waiting() {
          return socket.bufferedAmount
        },
      }
      const { receive, leave } = hub.join(outgoing)
      const there = watch(
        () => socket.terminate(),
        () => socket.ping(),
      )
      socket.on('pong', there.heard)
      socket.on('message', data => {
        there.heard()
        if (outgoing.waiting > MAX_UNREAD) return socket.terminate()
        let message: Subscribe
        try {
          message = JSON.parse(String(data)) as Subscribe
        } catch (error) {
          outgoing.send(JSON.stringify({ id: null, ...refusal(`not JSON: ${(error as Error).message}`) }))
          return
        }
        receive(message)
      })
      socket.on('error', leave)
      socket.on('close', () => {
        there.end()
        leave()
      })
    },
  })
}

/** Ends who was not heard of for two beats: what it leaves unread takes memory. */
function watch(gone: () => void, ask: () => void): { heard(): void; end(): void } {
  let silent = 0
  const timer = setInterval(() => {
    if (++silent > 2) gone()
    else ask()
  }, BEAT)
  return {
    heard: () => {
      silent = 0
    },
    end: () => clearInterval(timer),
  }
}

function sse(request: FastifyRequest, reply: FastifyReply, hub: Live, stopping: AbortSignal): FastifyReply {
  if (!(request.headers.accept ?? '').includes('text/event-stream'))
    return upgradeRequired(reply, 'upgrade, or ask with "Accept: text/event-stream" for Server-Sent Events')
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-request-id': request.id,
  })
  raw.write(': telltale\n\n')
  const outgoing = {
    send: (message: string) => void raw.write(`data: ${message}\n\n`),
    get waiting() {
      return raw.writableLength
    },
  }
  const { receive, leave } = hub.join(outgoing)
  receive({ id: 'sse', ...(request.query as object) })
  // It answers nothing; that it reads is seen by what it was sent growing less.
  const there = watch(
    () => raw.destroy(),
    () => {
      if (raw.writableLength === 0) there.heard()
      raw.write(': still here\n\n')
    },
  )
  raw.on('drain', there.heard)
  raw.on('error', () => {})
  const end = (): void => void raw.end()
  stopping.addEventListener('abort', end)
  closing(raw, () => {
    stopping.removeEventListener('abort', end)
    there.end()
    leave()
  })
  return reply
}
