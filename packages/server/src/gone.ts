import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

/** Is aborted when whoever asked goes before the answer came; who ends his side of the connection is taken for gone. */
export function gone(reply: FastifyReply): AbortSignal {
  const abort = new AbortController()
  closing(reply.raw, () => {
    if (!reply.raw.writableFinished) abort.abort(new Error('whoever asked is gone'))
  })
  return abort.signal
}

/** Calls back once it is answered, or cannot be; an end of the other side ends the connection. */
export function closing(answer: ServerResponse, closed: () => void): void {
  const { socket } = answer
  const end = (): void => void socket?.destroy()
  socket?.once('end', end)
  answer.once('close', () => {
    socket?.off('end', end)
    closed()
  })
}
