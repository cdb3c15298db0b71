import type { FastifyReply } from 'fastify'

/** Is aborted when whoever asked goes before the answer came. */
export function gone(reply: FastifyReply): AbortSignal {
  const abort = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort(new Error('whoever asked is gone'))
  })
  return abort.signal
}
