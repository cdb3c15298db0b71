import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Delivery, type Outcome } from './delivery.ts'

type Answer = { status: number; headers?: Record<string, string>; body: unknown } | 'none'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const yes = (accepted: number, rejected: object[] = []): Answer => ({ status: 202, body: { accepted, rejected } })
const wait = (accepted: number, more: object = {}, status = 503): Answer => ({
  status,
  headers: { 'retry-after': '2' },
  body: { accepted, rejected: [], ...more, error: { message: 'the journal is full' } },
})

/** Sends lines to a server that gives these answers in turn. @returns what it was sent each time, what was told, how long it waited */
async function delivered(lines: readonly string[], ...answers: Answer[]) {
  const bodies: string[][] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    bodies.push(body.trimEnd().split('\n'))
    const answer = answers.shift() ?? 'none'
    if (answer === 'none') return request.socket.destroy()
    response.writeHead(answer.status, answer.headers)
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close().closeAllConnections())
  const totals = { lines: 0, accepted: 0, rejected: 0 }
  const said: string[] = []
  const paused: number[] = []
  const delivery = new Delivery(
    { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    {
      done(done: number, { accepted, rejected, rejected_total = rejected.length }: Outcome) {
        totals.lines += done
        totals.accepted += accepted
        totals.rejected += rejected_total
      },
      say: sentence => said.push(sentence),
    },
    async ms => paused.push(ms),
  )
  const error = await delivery.send(lines).then(
    () => undefined,
    (problem: Error) => problem.message,
  )
  return { bodies, totals, said, paused, error }
}

test('what was accepted or rejected of a piece is not sent again', async () => {
  for (const status of [503, 408, 413, 400]) {
    const first = wait(1, { rejected: [{ index: 1, reason: 'no' }] }, status)
    expect(await delivered(['{"i":1}', '3', '{"i":3}', '{"i":4}'], first, wait(1), yes(1))).toMatchObject({
      bodies: [['{"i":1}', '3', '{"i":3}', '{"i":4}'], ['{"i":3}', '{"i":4}'], ['{"i":4}']],
      totals: { lines: 4, accepted: 3, rejected: 1 },
      error: undefined,
    })
  }
})

test('of refusals that are not listed the count is believed', async () => {
  const lines = Array.from({ length: 1500 }, (_, i) => `${i}`)
  const rejected = Array.from({ length: 1000 }, (_, index) => ({ index, reason: 'no' }))
  const { bodies, totals } = await delivered([...lines, '{}'], wait(0, { rejected, rejected_total: 1500 }), yes(1))
  expect([bodies.length, bodies[1]]).toEqual([2, ['{}']])
  expect(totals).toEqual({ lines: 1501, accepted: 1, rejected: 1500 })
})

test('a line may be several events, or none; one that cannot be counted stands last', async () => {
  const lines = ['[{},{},3]', '[]', '{"i":1}', '{"i":2}{"i":3}']
  const three = await delivered(lines, wait(2, { rejected: [{ index: 2, reason: 'no' }] }), wait(1), yes(2))
  expect(three.bodies).toEqual([lines, ['[]', '{"i":1}', '{"i":2}{"i":3}'], ['{"i":2}{"i":3}']])
  expect(three.totals).toEqual({ lines: 4, accepted: 5, rejected: 1 })
  const six = await delivered(lines, wait(5, { rejected: [{ index: 2, reason: 'no' }] }))
  expect(six).toMatchObject({ bodies: [lines], totals: { lines: 4, accepted: 5, rejected: 1 }, error: undefined })
})

test('told to wait it waits, however often, and says so now and then', async () => {
  const busy = Array.from({ length: 30 }, (_, i) => wait(0, {}, i % 2 === 0 ? 503 : 429))
  const long: Answer = { status: 503, headers: { 'retry-after': '3' }, body: '<html>busy</html>' }
  const { bodies, said, paused, error } = await delivered(['{}'], ...busy, long, yes(1))
  expect([bodies.length, error]).toEqual([32, undefined])
  expect(paused).toEqual([...new Array(30).fill(2000), 3000])
  expect(said).toEqual([
    expect.stringMatching(/^waiting for http:.* for \d s: 503: <html>busy/),
    expect.stringMatching(/takes events again$/),
  ])
})

test('what will never do is given up at once, what was done before it stays counted', async () => {
  for (const [status, body] of [
    [401, '{"error":{"message":"no token"}}'],
    [413, '<html>too large</html>'],
    [413, '{"accepted":0,"rejected":[]}'],
    [400, '{"accepted":0,"rejected":[],"error":{"message":"the body is empty"}}'],
    [202, 'hello'],
    [200, '{"accepted":1,"rejected":[]}x'],
  ] as const) {
    const { bodies, totals, error } = await delivered(['{}', '{}'], wait(1), { status, body })
    expect([bodies.length, error]).toEqual([2, `${status}: ${body}`])
    expect(totals).toEqual({ lines: 1, accepted: 1, rejected: 0 })
  }
})

test('all of them refused is an answer', async () => {
  const rejected = [{ index: 0, reason: 'no' }]
  const all = await delivered(['{"a":}'], { status: 400, body: { accepted: 0, rejected, error: { message: 'no' } } })
  expect(all).toMatchObject({ totals: { lines: 1, accepted: 0, rejected: 1 }, error: undefined })
})

test('connections may fail a few times; an answer lets the count begin anew', async () => {
  const broken = (times: number): Answer[] => new Array(times).fill('none')
  const { bodies, error } = await delivered(['{}', '{}'], ...broken(4), wait(1), ...broken(4), wait(0), 'none', yes(1))
  expect([bodies.length, error]).toEqual([12, undefined])
})

test('once something was taken, it waits however long nobody is there', async () => {
  const away = new Array<Answer>(50).fill('none')
  const { bodies, paused, error } = await delivered(['{}', '{}'], wait(1), ...away, yes(1))
  expect([bodies.length, paused.at(-1), error]).toEqual([52, 5000, undefined])
})

test('connections that never come to anything are given up', async () => {
  const { bodies, paused, error } = await delivered(['{}'])
  expect(bodies.length).toBe(9)
  expect(paused).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  expect(error).toMatch(/^http:.* does not take events \(/)
})
