import type { FastifyInstance } from 'fastify'
import { json, lines } from '../answer-text.ts'
import type { Context } from '../context.ts'
import { gone } from '../gone.ts'
import { MOMENT_FORMS } from '../moment.ts'
import { type Asked, cutCoverage, readQuestion } from '../question.ts'

/** Asking: `POST /v1/query`. */
export function query(app: FastifyInstance, context: Context): void {
  app.post('/v1/query', {
    schema: {
      summary: 'Ask',
      description: 'Role: read. With `Accept: application/x-ndjson` the rows come as one object a line.',
      tags: ['query'],
      body: {
        type: 'object',
        properties: {
          query: {
            description: 'text, see docs/query.md; empty means every event',
            examples: ['type = exception | count() by md5'],
          },
          from: { description: MOMENT_FORMS, examples: ['-1h'] },
          to: { description: 'exclusive', examples: ['now'] },
          limit: { description: 'at most this many rows', examples: [100] },
        },
      },
    },
    async handler(request, reply) {
      if (!context.allowed('read', request, reply)) return reply
      const question = readQuestion((request.body ?? {}) as Asked, context.clock.now())
      if ('error' in question) return reply.code(400).send(question)
      const { stats, ...result } = await context.asker.ask(question.query, question.scope, gone(reply))
      const answer = {
        ...result,
        stats: { ...stats, coverage: cutCoverage(question, result.rows.length, stats.coverage) },
      }
      // Lines have no place for it.
      if (answer.stats.coverage !== 'exact') reply.header('x-coverage', ascii(answer.stats.coverage))
      const asLines = (request.headers.accept ?? '').includes('application/x-ndjson')
      reply.header('content-type', asLines ? 'application/x-ndjson' : 'application/json; charset=utf-8')
      return reply.send(asLines ? lines(answer) : json(answer))
    },
  })
}

/** A header takes no more. */
function ascii(text: string): string {
  return text.replace(/[^ -~]/g, '?')
}
