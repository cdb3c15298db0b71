import type { FastifyReply, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { guard, isLoopback, type Role, type Tokens } from './auth.ts'

function ask(tokens: Tokens, role: Role, headers: Record<string, string>, query: object = {}): number {
  let status = 200
  const reply = {
    code(code: number) {
      status = code
      return reply
    },
    send: () => reply,
    header: () => reply,
  } as unknown as FastifyReply
  guard(tokens)(role, { headers, query } as unknown as FastifyRequest, reply)
  return status
}

test('without tokens only this machine, and no page of another site, may ask', () => {
  expect(ask({}, 'admin', { host: '127.0.0.1:7575' })).toBe(200)
  expect(ask({}, 'read', { host: '[::1]:7575' })).toBe(200)
  expect(ask({}, 'read', { host: 'localhost', origin: 'http://localhost:7575' })).toBe(200)
  expect(ask({}, 'read', { host: 'rebound.example:7575' })).toBe(403)
  expect(ask({}, 'send', { host: 'localhost:7575', origin: 'https://evil.example' })).toBe(403)
  expect(ask({}, 'send', { host: 'localhost:7575', origin: 'null' })).toBe(403)
})

test('with tokens each role needs its own; the admin may do everything', () => {
  const tokens: Tokens = { admin: 'a', read: ['r'], send: ['s'] }
  const bearer = (token: string): Record<string, string> => ({ host: 'any', authorization: `Bearer ${token}` })
  const table = (['send', 'read', 'admin'] as const).map(role =>
    ['a', 'r', 's', 'x'].map(token => ask(tokens, role, bearer(token))),
  )
  expect(table).toEqual([
    [200, 403, 200, 401],
    [200, 200, 403, 401],
    [200, 403, 403, 401],
  ])
  expect(ask(tokens, 'read', { host: 'localhost' })).toBe(401)
  expect(ask(tokens, 'read', { host: 'any' }, { token: 'r' })).toBe(200)
})

test('what is this machine', () => {
  expect(
    ['127.0.0.1', '127.1.2.3', 'localhost', '::1', '0.0.0.0', '10.0.0.1', '127.evil.example'].map(isLoopback),
  ).toEqual([true, true, true, true, false, false, false])
})
