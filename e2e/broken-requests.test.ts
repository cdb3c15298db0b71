import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { count, eventually, type Program, start } from './program.ts'

let program: Program

beforeAll(async () => {
  program = await start()
}, 60_000)

afterAll(async () => {
  await program.stop()
})

interface Told {
  status: number
  headers: string
  accepted?: number
  rejected?: { index: number }[]
  error?: { message: string; hint?: string }
}

/** What is answered to some bytes, after which the sender says no more (unless it keeps its end open). */
async function answers(bytes: string, { end = true } = {}): Promise<Told[]> {
  const socket = connect({ port: program.port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  socket.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  if (end) socket.end(bytes)
  else socket.write(bytes)
  await new Promise<void>((resolve, reject) => socket.once('end', resolve).once('error', reject))
  socket.destroy()
  return [...text.matchAll(/HTTP\/1\.1 (\d+) [^\r]*\r\n(.*?)\r\n\r\n(\{.*?\})(?=HTTP|$)/gs)].map(
    ([, status, headers, body]) => ({ status: Number(status), headers: headers!, ...JSON.parse(body!) }),
  )
}

const HEAD = 'POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n'
const lines = (type: string, n: number): string =>
  Array.from({ length: n }, (_, i) => `{"type":"${type}","i":${i}}\n`).join('')
const REQUEST_ID = /^x-request-id: [0-9a-f-]{36}\r?$/m

test('of an upload that is cut in the middle, it is told how many of its events are in', async () => {
  const body = `${lines('cut', 1_000)}oops\n${lines('cut', 500)}`
  const [told] = await answers(`${HEAD}Content-Length: ${body.length * 2}\r\n\r\n${body}{"type":"cu`)
  expect(told).toMatchObject({ status: 400, accepted: 1_500, rejected: [{ index: 1_000 }] })
  expect(told!.error).toMatchObject({
    message: 'the body broke off: the connection ended in the middle of the request',
    hint: expect.stringContaining('go on behind'),
  })
  expect(told!.headers).toMatch(REQUEST_ID)
  await eventually(
    () => count(program, 'type = cut'),
    n => n === 1_500,
  )
})

test('the same in chunks: cut, or one that is none', async () => {
  const body = lines('chunk', 1_000)
  const begin = `${HEAD}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`
  for (const [rest, end, message] of [
    ['10\r\n{"ty', true, 'the body broke off: the connection ended in the middle of the request'],
    [
      'nonsense\r\n{"type":"chunk"}\r\n',
      false,
      'the body broke off: this is no HTTP/1.1: Invalid character in chunk size',
    ],
  ] as const) {
    const [told] = await answers(begin + rest, { end })
    expect(told).toMatchObject({ status: 400, accepted: 1_000, rejected: [], error: { message } })
    expect(told!.headers).toMatch(REQUEST_ID)
  }
  await eventually(
    () => count(program, 'type = chunk'),
    n => n === 2_000,
  )
})

test('what is no request is answered in the form of all errors', async () => {
  const length = 'Content-Length: 20\r\n'
  for (const [status, message, bytes] of [
    [400, 'this is no HTTP/1.1: ', 'no HTTP at all\r\n\r\n'],
    [400, 'this is no HTTP/1.1: ', `${HEAD}${length}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    [400, 'the connection ended', 'GET /healthz HTT'],
    [
      400,
      'the connection ended',
      `POST /v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${length}\r\n{`,
    ],
    [400, 'must name its host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [417, 'expect: a miracle', `${HEAD}${length}Expect: a miracle\r\n\r\n`],
    [431, 'the headers are more than', `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
  ] as const) {
    const [told] = await answers(bytes, { end: message === 'the connection ended' || status !== 400 })
    expect(told).toMatchObject({ status, error: { message: expect.stringContaining(message) } })
    expect(told!.headers).toMatch(REQUEST_ID)
  }
})

test('what stands behind a good request costs it no answer', async () => {
  const body = lines('good', 3)
  const told = await answers(`${HEAD}Content-Length: ${body.length}\r\n\r\n${body}rubbish\r\n\r\n`, { end: false })
  expect(told).toMatchObject([
    { status: 202, accepted: 3 },
    { status: 400, error: {} },
  ])
})

test('who ends his side behind a whole request is answered; who looks and ends it has left', async () => {
  const body = lines('whole', 3)
  const told = await answers(`${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`)
  expect(told).toMatchObject([{ status: 202, accepted: 3 }])
  const socket = connect({ port: program.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write('GET /v1/live?query= HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n')
  await once(socket, 'data')
  const left = once(socket.resume(), 'close')
  socket.end()
  await left
})

test('a WebSocket that is refused, and one that is not', async () => {
  const upgrade = 'GET /v1/send HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  const [told] = await answers(`${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`, { end: false })
  expect(told).toMatchObject({ status: 400, error: { message: expect.stringContaining('Sec-WebSocket-Key') } })
  expect(told!.headers).toMatch(REQUEST_ID)
  const socket = new WebSocket(`ws://127.0.0.1:${program.port}/v1/send`)
  const [{ headers }] = await once(socket, 'upgrade')
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  socket.terminate()
})

test('a WebSocket where there is none is answered 404, in the form of all errors', async () => {
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  for (const path of ['/v1/nope', '/healthz', '/nope/at/all']) {
    const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n`
    const [told] = await answers(head, { end: false })
    expect(told).toMatchObject({ status: 404, error: { message: `there is no WebSocket at ${path}` } })
    expect(told!.headers).toMatch(REQUEST_ID)
  }
})

const H2C =
  'Host: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'

test('an upgrade that is not wanted is passed over, again and again on one connection', async () => {
  const body = '{"type":"h2c"}'
  const post = `POST /v1/events HTTP/1.1\r\n${H2C}`
  const size = body.length.toString(16)
  const socket = connect({ port: program.port, host: '127.0.0.1' }).setEncoding('utf8')
  for (const [status, ...parts] of [
    [202, `${post}Content-Length: ${body.length}\r\n\r\n${body}`],
    [202, `${post}Content-Length: ${body.length}\r\n\r\n`, body.slice(0, 5), body.slice(5)],
    [202, `${post}Transfer-Encoding: chunked\r\n\r\n${size}\r\n${body}\r\n0\r\n\r\n`],
    [202, `${post}Transfer-Encoding: chunked\r\n\r\n${size}\r\n`, body, '\r\n0\r\n\r\n'],
    [202, `${post.replace('h2c', 'websocket')}Content-Length: ${body.length}\r\n\r\n${body}`],
    [100, `${post}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`],
    [202, body],
    [200, `GET /healthz HTTP/1.1\r\n${H2C}\r\n`],
    [200, 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ] as const) {
    const told = once(socket, 'data')
    for (const part of parts) {
      socket.write(part)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    expect((await told)[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  }
  socket.destroy()
  await eventually(
    () => count(program, 'type = h2c'),
    n => n === 6,
  )
})
