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

export function refuse(reply: FastifyReply, status: number, message: string, hint?: string, position?: number): void {
  void reply.code(status).send(refusal(message, hint, position))
}
