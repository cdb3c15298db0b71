import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { ask } from './request.ts'

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
  vi.unstubAllGlobals()
})

/** A server that answers every request with these parts, and never ends the answer unless told. */
async function answering(head: Record<string, string>, body: string, ends: boolean): Promise<void> {
  server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, head)
    response.write(body)
    if (ends) response.end()
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const real = fetch
  // A browser has an address of its own to begin from, and a place to keep the token.
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => real(`http://127.0.0.1:${port}${url}`, init))
  vi.stubGlobal('sessionStorage', { getItem: () => null })
}

test('a question cancelled while its answer is being read is refused, not half an answer', async () => {
  await answering({}, '{"columns":[', false)
  const controller = new AbortController()
  const outcome = ask({ query: '' }, controller.signal)
  setTimeout(() => controller.abort(), 100)
  expect(await outcome).toEqual({ refused: { message: 'Cancelled.' } })
})

test('an answer that is no JSON is refused', async () => {
  await answering({}, '<html>a proxy', true)
  expect(await ask({ query: '' })).toEqual({
    refused: { message: 'The server answered with something that is not JSON.' },
  })
})

test('an answer comes as it was sent', async () => {
  await answering({}, '{"columns":[],"rows":[]}', true)
  expect(await ask({ query: '' })).toEqual({ ok: { columns: [], rows: [] } })
})
