import { peerAddress } from '@telltale/channels'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { eventsJson } from '../answer-text.ts'
import { type BodyOptions, decoded, discard, takeBody } from '../body.ts'
import type { BrokenRequests } from '../broken-requests.ts'
import type { Context } from '../context.ts'
import { gone } from '../gone.ts'
import { QUERY_STRING, readQuestion } from '../question.ts'
import { refuse } from '../refuse.ts'
import { pageOf } from './page.ts'

/** How long the rest of a body that is not taken is still read, in ms. */
const LAST_WORDS = 1_000

/** What all senders share. */
export interface Intaking extends Pick<BodyOptions, 'room' | 'stopping'> {
  broken: BrokenRequests
}

/** Ways of sending and reading events: `POST /v1/events`, `GET /v1/events`. */
export function events(app: FastifyInstance, context: Context, intaking: Intaking): void {
  app.post('/v1/events', {
    schema: {
      summary: 'Send events',
      description: 'Role: send. One event, an array, or NDJSON; Content-Encoding gzip, deflate, br or zstd.',
      tags: ['events'],
      querystring: {
        type: 'object',
        properties: { type: { type: 'string', description: 'for events that name none' } },
      },
      response: { 202: OUTCOME, 400: OUTCOME, 408: OUTCOME, 413: OUTCOME, 503: OUTCOME },
    },
    // the body is read as a stream by the handler, whatever its content type says
    bodyLimit: Number.MAX_SAFE_INTEGER,
    handler: (request, reply) => receive(request, reply, context, intaking),
  })

  app.get('/v1/events', {
    schema: {
      summary: 'Read events, newest first',
      description:
        'Role: read. `cursor` of an answer continues it with older events, up to the limit that the query itself names. Sorted events come on one page or not at all.',
      tags: ['events'],
      querystring: { ...QUERY_STRING, properties: { ...QUERY_STRING.properties, cursor: { type: 'string' } } },
    },
    async handler(request, reply) {
      if (!context.allowed('read', request, reply)) return reply
      const given = request.query as { cursor?: string } & Record<string, string>
      const question = readQuestion({ ...given, limit: given['limit'] ?? 100 }, context.clock.now())
      if ('error' in question) return reply.code(400).send(question)
      if (question.query.aggregates.length > 0)
        return refuse(reply, 400, 'this query aggregates; here only events are given', 'POST it to /v1/query')
      const page = pageOf(question, given.cursor)
      if ('error' in page) return reply.code(400).send(page)
      const answer = await context.asker.ask(page.query, question.scope, gone(reply))
      const list = answer.rows.map(row => row[0] as { time: number; seq?: number })
      const cursor = page.next(list)
      if (typeof cursor === 'object') return reply.code(400).send(cursor)
      reply.header('content-type', 'application/json; charset=utf-8')
      return reply.send(eventsJson(list, { ...(cursor === undefined ? {} : { cursor }), stats: answer.stats }))
    },
  })

  app.get('/v1/rejects', {
    schema: {
      summary: 'The latest input that was refused, with reasons',
      description: 'Role: read.',
      tags: ['events'],
    },
    async handler(request, reply) {
      if (!context.allowed('read', request, reply)) return reply
      return { rejects: context.pipeline.rejects.list(200) }
    },
  })
}

const OUTCOME = {
  type: 'object',
  properties: {
    accepted: { type: 'integer' },
    rejected: {
      type: 'array',
      items: { type: 'object', properties: { index: { type: 'integer' }, reason: { type: 'string' } } },
    },
    rejected_total: { type: 'integer' },
    error: {
      type: 'object',
      properties: { message: { type: 'string' }, hint: { type: 'string' }, position: { type: 'integer' } },
    },
  },
} as const

async function receive(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
  intaking: Intaking,
): Promise<unknown> {
  if (!context.allowed('send', request, reply)) return reply
  const { pipeline } = context
  const busy = pipeline.busy
  if (busy !== undefined) {
    pipeline.refused('http', busy.reason)
    reply.header('retry-after', busy.retryAfter)
    return refuse(reply, 503, busy.reason, `try again in ${busy.retryAfter} s`)
  }
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase()
  const stream = decoded(request.raw, encoding)
  if (stream === undefined)
    return refuse(reply, 415, `content-encoding "${encoding}" is unknown`, 'use gzip, deflate, br, zstd or none')
  const { type } = request.query as { type?: string }
  const sender = { channel: 'http', address: peerAddress(request.ip), ...(type === undefined ? {} : { type }) }
  const lines = /ndjson|jsonl|json-lines/.test(request.headers['content-type'] ?? '')
  const { room, stopping, broken } = intaking
  const cut = broken.cut(request.raw)
  const options = { maxWhole: context.maxBody, patience: 10_000, lines, room, stopping, cut }
  const { accepted, rejected, rejectedTotal, unreadable, stopped } = await takeBody(stream, pipeline, sender, options)
  const listed = rejectedTotal > rejected.length ? { rejected_total: rejectedTotal } : {}
  const answer = { accepted, rejected, ...listed }
  if (stopped !== undefined) {
    const { status, message, hint, retryAfter } = stopped
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
    if (status === 503 && !stopping.aborted) pipeline.refused('http', message)
    if (!request.raw.socket.readableEnded) await discard(request.raw, LAST_WORDS)
    reply.header('connection', 'close')
    return reply.code(status).send({ ...answer, error: { message, ...(hint === undefined ? {} : { hint }) } })
  }
  if (unreadable) {
    const message = rejected[0]?.reason ?? 'the body is empty'
    const hint = 'send one JSON object, an array of them, or one a line'
    return reply.code(400).send({ ...answer, error: { message, hint } })
  }
  return reply.code(202).send(answer)
}
