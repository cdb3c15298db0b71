import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../context.ts'
import type { Live, Subscribe } from '../live.ts'
import { QUERY_STRING } from '../question.ts'
import { refusal } from '../refuse.ts'

/** Looking: `GET /v1/live`, as a WebSocket with many subscriptions or as Server-Sent Events with one. */
export function live(app: FastifyInstance, context: Context, hub: Live): void {
  app.route({
    method: 'GET',
    url: '/v1/live',
    schema: {
      summary: 'A first result, then changes',
      description:
        'Role: read. WebSocket: send {"id":"a","query":"…","from":"-15m"}. With `Accept: text/event-stream`: one subscription from the query string, as Server-Sent Events.',
      tags: ['query'],
      querystring: QUERY_STRING,
    },
    preHandler: (request, reply, done) => {
      if (context.allowed('read', request, reply)) done()
    },
    handler: (request, reply) => sse(request, reply, hub),
    wsHandler(socket) {
      const outgoing = {
        send: (message: string) => socket.readyState === socket.OPEN && socket.send(message),
        get waiting() {
          return socket.bufferedAmount
        },
      }
      const { receive, leave } = hub.join(outgoing)
      socket.on('message', data => {
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
      socket.on('close', leave)
    },
  })
}

function sse(request: FastifyRequest, reply: FastifyReply, hub: Live): FastifyReply {
  if (!(request.headers.accept ?? '').includes('text/event-stream'))
    return reply
      .code(426)
      .send(refusal('this is a WebSocket', 'upgrade, or ask with "Accept: text/event-stream" for Server-Sent Events'))
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
  const beat = setInterval(() => raw.write(': still here\n\n'), 15_000)
  raw.on('error', () => {})
  raw.on('close', () => {
    clearInterval(beat)
    leave()
  })
  return reply
}
