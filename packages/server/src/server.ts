import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import rateLimit from '@fastify/rate-limit'
import statics from '@fastify/static'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import websocket from '@fastify/websocket'
import { Crowd, websocket as sendingSocket, type WebSocketIntake } from '@telltale/channels'
import { EngineError } from '@telltale/history'
import { TooMuch } from '@telltale/query'
import { TooMany } from '@telltale/recent'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { isLoopback, type Tokens } from './auth.ts'
import { BrokenRequests } from './broken-requests.ts'
import type { Context } from './context.ts'
import type { Live } from './live.ts'
import { refusal, refuse, upgradeRequired } from './refuse.ts'
import { Room } from './room.ts'
import { events } from './routes/events.ts'
import { health } from './routes/health.ts'
import { live } from './routes/live.ts'
import { query } from './routes/query.ts'
import { Request } from './upgrade.ts'

export interface ServerOptions {
  host: string
  port: number
  tokens: Tokens
  /** The folder of the web interface. */
  web?: string
  /** Questions a minute from one address. Default 6,000. */
  maxQuestions?: number
  /** Connections at a time; one more is closed at once. Default 10,000. */
  maxConnections?: number
  /** Bytes that bodies may hold while they are read, together; messages of WebSockets half of that. Default 64 MiB. */
  bodies?: number
}

const MB = 1024 * 1024
/** ms of silence after which the system asks whether the peer is still there: one that lost its power never says so. */
const KEEP_ALIVE = 60_000
/** How long, once it is to stop, who looks may take to say goodbye, and who sends to read its answer; in ms. */
const GOODBYE = 500
const LAST_ANSWERS = 10_000

/** The HTTP and WebSocket side of Telltale, not yet listening. */
export async function server(context: Context, hub: Live, options: ServerOptions): Promise<FastifyInstance> {
  if (!isLoopback(options.host) && options.tokens.admin === undefined)
    throw new Error(
      `host ${options.host} can be reached from elsewhere, so a token is needed: set TELLTALE_TOKEN, or use host 127.0.0.1`,
    )
  const broken = new BrokenRequests()
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    requestIdHeader: 'x-request-id',
    bodyLimit: 1024 * 1024,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // it is done below, with Retry-After
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id)
      refuse(reply as unknown as FastifyReply, error.statusCode ?? 400, error.message, 'see /docs')
    },
    clientErrorHandler: broken.broke,
    http: {
      requireHostHeader: false, // it is done below, in our form
      IncomingMessage: Request,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE,
    },
    routerOptions: { maxParamLength: 500 },
  })
  broken.watch(app.server)
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal) // one for each body that is being read
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('content-security-policy', "frame-ancestors 'none'")
    reply.header('referrer-policy', 'no-referrer')
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
      refuse(reply, 400, 'a request of HTTP/1.1 must name its host', 'send a header "host"')
      return reply
    }
    if (!stopping.signal.aborted) return
    reply.header('retry-after', 1)
    refuse(reply, 503, 'Telltale is stopping', 'send it again, to the one that follows')
    return reply
  })
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close')
  })
  const connections = options.maxConnections ?? 10_000
  app.server.maxConnections = connections
  app.server.on('drop', () =>
    context.pipeline.turnedAway('http', `${connections} connections are open, more are closed at once`),
  )
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof EngineError) {
      // code 0: the engine itself was gone; else the query asked for too much, and says so
      if (error.code === 0) reply.header('retry-after', 1)
      return reply.code(error.code === 0 ? 503 : 422).send(refusal(error.message))
    }
    if (error instanceof TooMuch)
      return reply.code(422).send(refusal(error.error.message, error.error.hint, error.error.position))
    if (error instanceof TooMany) {
      reply.header('retry-after', 1)
      return reply.code(503).send(refusal(error.message, 'ask again in a moment'))
    }
    const status = error.statusCode ?? 500
    return reply.code(status).send(refusal(status === 500 ? `BUG: ${error.message}` : error.message))
  })
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send(refusal(`there is no ${request.method} ${request.url}`, 'see /docs'))
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Telltale', description: 'Let your system talk to you.', version: '0.1.0' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  const senders = new Set<WebSocketIntake>()
  /** Whoever sends gets its last answers before the connections close; whoever only looks does not hold that up. */
  const preClose = async (): Promise<void> => {
    stopping.abort()
    setTimeout(() => app.server.closeAllConnections(), LAST_ANSWERS).unref()
    await Promise.all([...senders].map(sending => sending.stop()))
    const { clients } = app.websocketServer
    for (const client of clients) client.close(1001, 'Telltale is stopping')
    setTimeout(() => {
      for (const client of clients) client.terminate()
    }, GOODBYE).unref()
  }
  const bodies = options.bodies ?? 64 * MB
  const room = new Room(bodies)
  const crowd = new Crowd(bodies / 2, bytes => room.hold(bytes))
  // Of the largest there may be, at least one at a time can be read to its end.
  const maxPayload = Math.min(8 * MB, Math.floor(bodies / 4))
  await app.register(websocket, { options: { maxPayload }, preClose })
  broken.watchSockets(app.websocketServer)
  onlyAtSockets(app)
  await app.register(async asking => {
    await asking.register(rateLimit, { max: options.maxQuestions ?? 6000, timeWindow: '1 minute' })
    // whatever curl -d says it is, a question is JSON
    asking.removeContentTypeParser('text/plain')
    asking.addContentTypeParser('*', { parseAs: 'string' }, asking.getDefaultJsonParser('ignore', 'ignore'))
    query(asking, context)
  })
  await app.register(async sending => {
    sending.removeAllContentTypeParsers()
    sending.addContentTypeParser('*', (_request, _payload, done) => done(null))
    events(sending, context, { room, stopping: stopping.signal, broken })
  })
  health(app, context)
  await app.register(async looking => {
    live(looking, context, hub, stopping.signal)
    looking.route({
      method: 'GET',
      url: '/v1/send',
      schema: {
        summary: 'Send events over a WebSocket',
        description: 'Role: send. Each message is one or more events, and is answered once they are journaled.',
        tags: ['events'],
      },
      preHandler: (request, reply, done) => {
        if (context.allowed('send', request, reply)) done()
      },
      handler: (_request, reply) => upgradeRequired(reply, 'upgrade, or POST events to /v1/events'),
      wsHandler(socket, request) {
        const sending = sendingSocket(socket, {
          intake: context.pipeline,
          address: request.ip,
          crowd,
          stream: request.raw.socket,
        })
        senders.add(sending)
        void sending.closed.then(() => senders.delete(sending))
      },
    })
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  if (options.web !== undefined) await app.register(statics, { root: options.web, setHeaders: cached })
  return app
}

/** Who asks for a WebSocket where there is none is told so, not let in and shown the door. */
function onlyAtSockets(app: FastifyInstance): void {
  const urls = new Set<string>()
  app.addHook('onRoute', ({ url, websocket, wsHandler }) => {
    if (websocket || wsHandler) urls.add(url)
  })
  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws || urls.has(request.routeOptions.url ?? '')) return
    refuse(reply, 404, `there is no WebSocket at ${request.url}`, 'see /docs')
    return reply
  })
}

/** Assets carry a hash of their content in their names; the page itself is asked for each time. */
function cached(reply: FastifyReply, path: string): void {
  const forever = /[/\\]assets[/\\]/.test(path)
  reply.header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
}
