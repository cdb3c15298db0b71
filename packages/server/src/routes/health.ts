import type { FastifyInstance } from 'fastify'
import type { Context } from '../context.ts'
import { metrics } from '../metrics.ts'

/** Whether it lives, whether it is ready, and its numbers: for machines that watch. No role is needed for the first two. */
export function health(app: FastifyInstance, context: Context): void {
  app.get('/healthz', {
    schema: { summary: 'Liveness', description: 'No role.', tags: ['health'] },
    handler: async () => ({ ok: true }),
  })

  app.get('/readyz', {
    schema: {
      summary: 'Readiness, with reasons',
      description:
        'No role. 503 where no events can be acknowledged: send them elsewhere. What else is wrong is in `warnings`.',
      tags: ['health'],
    },
    async handler(_request, reply) {
      const { reasons, warnings } = context.ready()
      const ready = reasons.length === 0
      return reply.code(ready ? 200 : 503).send({ ready, reasons, warnings })
    },
  })

  app.get('/v1/canary', {
    schema: {
      summary: 'Whether an event comes all the way',
      description:
        'Role: read. Each stage a canary must come by, with the time the last one took; where one fails, since when (ms) and a sentence.',
      tags: ['health'],
    },
    async handler(request, reply) {
      if (!context.allowed('read', request, reply)) return reply
      const { canary } = context
      return canary === undefined ? { on: false } : { on: true, ...canary.report }
    },
  })

  app.get('/metrics', {
    schema: { summary: 'Prometheus text', description: 'Role: read.', tags: ['health'] },
    async handler(request, reply) {
      if (!context.allowed('read', request, reply)) return reply
      return reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(metrics(context))
    },
  })

  app.get('/v1/pipeline', {
    schema: {
      summary: 'What runs now, with counts, rates, errors and time',
      description:
        'Role: read. `rate` is events a second over the last ten seconds, of a channel those it accepted; `ms` is the time that all events took together.',
      tags: ['pipeline'],
    },
    async handler(request, reply) {
      if (!context.allowed('read', request, reply)) return reply
      const { pipeline } = context
      return {
        channels: Object.fromEntries(pipeline.channels),
        stages: Object.fromEntries(Object.entries(pipeline.stages).map(([name, meter]) => [name, meter.read()])),
        processors: pipeline.processors.list(),
        listeners: pipeline.broadcast.list(),
        recent: context.recent.stats(),
        history: context.history.status,
        memory: { rss: process.memoryUsage.rss(), bounds: context.memory },
      }
    },
  })
}
