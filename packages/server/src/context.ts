import type { Clock } from '@telltale/event'
import type { History } from '@telltale/history'
import type { Pipeline } from '@telltale/pipeline'
import type { Recent } from '@telltale/recent'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Asker } from './ask.ts'
import type { Role } from './auth.ts'
import type { Canary } from './canary/canary.ts'
import type { Memory } from './memory.ts'

export interface Readiness {
  /** Why events had better be sent to another Telltale; empty where it is ready. */
  reasons: string[]
  /** What is wrong where it takes events all the same. */
  warnings: string[]
}

/** What the routes may use. */
export interface Context {
  readonly clock: Clock
  readonly pipeline: Pipeline
  readonly recent: Recent
  readonly history: History
  readonly asker: Asker
  /** @returns whether the request may play the role; where not, it has been answered */
  readonly allowed: (role: Role, request: FastifyRequest, reply: FastifyReply) => boolean
  /** Absent where it is switched off. */
  readonly canary: Canary | undefined
  readonly ready: () => Readiness
  /** What each part may take; absent where nobody divided it. */
  readonly memory?: Memory
  /** Bytes of an event array or a single event over HTTP. */
  readonly maxBody: number
}
