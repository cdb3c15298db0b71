import type { FastifyReply } from 'fastify'

/** The one shape of every error answer: what was wrong, where, and what to do. */
export interface Refusal {
  error: { message: string; position?: number; hint?: string }
}

export function refusal(message: string, hint?: string, position?: number): Refusal {
  return {
    error: { message, ...(position === undefined ? {} : { position }), ...(hint === undefined ? {} : { hint }) },
  }
}

/** Where a WebSocket is, and nobody asked for one. */
export function upgradeRequired(reply: FastifyReply, hint: string): FastifyReply {
  return reply.code(426).header('upgrade', 'websocket').send(refusal('this is a WebSocket', hint))
}

export function refuse(reply: FastifyReply, status: number, message: string, hint?: string, position?: number): void {
  void reply.code(status).send(refusal(message, hint, position))
}
