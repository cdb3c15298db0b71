import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuse } from './refuse.ts'

/** What a caller may do. Each role may also do what the ones before it may… except that `send` reads nothing. */
export type Role = 'send' | 'read' | 'admin'

export interface Tokens {
  /** May do everything. */
  admin?: string
  /** May read. */
  read?: readonly string[]
  /** May send events and nothing else. */
  send?: readonly string[]
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

/** Whether a host is this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host) || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/**
 * Lets a request through where it may play the role. Without tokens everything is allowed, but only to requests that
 * name this machine as their host and come from no other site's page, so that a web page cannot reach in.
 */
export function guard(tokens: Tokens): (role: Role, request: FastifyRequest, reply: FastifyReply) => boolean {
  const open = tokens.admin === undefined && !tokens.read?.length && !tokens.send?.length
  return (role, request, reply) => {
    if (open) {
      const host = hostOf(request.headers.host ?? '')
      if (!isLoopback(host)) {
        refuse(reply, 403, `no token is set, so only this machine may ask, but the request names host "${host}"`, HINT)
        return false
      }
      const origin = request.headers.origin
      if (origin !== undefined && !isLoopback(hostOf(origin.replace(/^\w+:\/\//, '')))) {
        refuse(reply, 403, `a page of ${origin} may not ask while no token is set`, HINT)
        return false
      }
      return true
    }
    const given = tokenOf(request)
    if (given === undefined) {
      reply.header('www-authenticate', 'Bearer')
      refuse(reply, 401, `this needs a token with the role ${role}`, 'send it as "Authorization: Bearer TOKEN"')
      return false
    }
    const roles = rolesOf(given, tokens)
    if (roles.includes(role)) return true
    refuse(reply, roles.length === 0 ? 401 : 403, `the token given does not have the role ${role}`)
    return false
  }
}

const HINT = 'set TELLTALE_TOKEN and send it as "Authorization: Bearer TOKEN"'

function rolesOf(given: string, tokens: Tokens): Role[] {
  if (tokens.admin !== undefined && same(given, tokens.admin)) return ['send', 'read', 'admin']
  const roles: Role[] = []
  if (tokens.read?.some(token => same(given, token))) roles.push('read')
  if (tokens.send?.some(token => same(given, token))) roles.push('send')
  return roles
}

/** From the header, or, for browsers' WebSockets which can set none, from the query string. */
function tokenOf(request: FastifyRequest): string | undefined {
  const header = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')
  if (header !== null) return header[1]
  const { token } = request.query as { token?: unknown }
  return typeof token === 'string' ? token : undefined
}

function hostOf(host: string): string {
  return host.replace(/\/.*$/, '').replace(/:\d+$/, '')
}

function same(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
