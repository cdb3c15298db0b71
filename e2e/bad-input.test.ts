import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, count, eventually, type Program, send, start } from './program.ts'

const SEED = Number(process.env['TELLTALE_SEED'] ?? 20261122)
let program: Program

beforeAll(async () => {
  program = await start()
}, 60_000)

afterAll(async () => {
  await program.stop()
})

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function rubbish(random: () => number): Buffer {
  const good = '{"type":"x","tags":["a"],"additional_info":{"n":1.5e3,"s":"\\u00e9\\ud83d","o":{"__proto__":{"p":1}}}}'
  const kind = random()
  if (kind < 0.4) return Buffer.from(Array.from({ length: (random() * 300) | 0 }, () => (random() * 256) | 0))
  const bytes = Buffer.from(good.repeat(1 + ((random() * 3) | 0)))
  for (let i = 0; i < 1 + random() * 4; i++) bytes[(random() * bytes.length) | 0] = (random() * 256) | 0
  return bytes.subarray(0, 1 + random() * bytes.length)
}

test(`any bytes on any channel leave the process up, and good events pass (seed ${SEED})`, async () => {
  const random = randomOf(SEED)
  const udp = createSocket('udp4')
  const tcp = connect(program.port + 2, '127.0.0.1')
  tcp.on('error', () => {})
  const socket = new WebSocket(`ws://127.0.0.1:${program.port}/v1/send`)
  await once(socket, 'open')
  for (let i = 0; i < 500; i++) {
    const bytes = rubbish(random)
    udp.send(bytes, program.port + 1, '127.0.0.1')
    if (!tcp.destroyed) tcp.write(bytes)
    socket.send(bytes)
    const { status } = await send(program, bytes)
    expect([202, 400, 413]).toContain(status)
  }
  tcp.end('\n{"type":"still_tcp"}\n')
  socket.send('{"type":"still_ws"}')
  udp.send('{"type":"still_udp"}', program.port + 1, '127.0.0.1')
  await send(program, '{"type":"still_http"}')
  for (const type of ['still_tcp', 'still_ws', 'still_udp', 'still_http'])
    await eventually(
      () => count(program, `type = ${type}`),
      n => n === 1,
    )
  udp.close()
  socket.close()
  expect(program.process.exitCode).toBeNull()
})

test('rejected input is an event, too', async () => {
  await send(program, '{"type":7.5.3}')
  await eventually(
    () => count(program, 'type = rejected and channel = http'),
    n => n > 0,
  )
})

test('names of the prototype are data like any other', async () => {
  await send(
    program,
    '{"type":"proto","additional_info":{"__proto__":{"polluted":1},"constructor":"c","hasOwnProperty":2}}',
  )
  const { rows } = await ask(program, 'type = proto | limit 1')
  const info = (rows[0]![0] as { additional_info: Record<string, unknown> }).additional_info
  expect(Object.keys(info).sort()).toEqual(['__proto__', 'constructor', 'hasOwnProperty'])
  expect((await ask(program, 'type = proto | count() by constructor')).rows).toEqual([['c', 1]])
})

test('every bound is kept with a reason, and costs only the event that breaks it', async () => {
  const deep = `{"type":"bound","additional_info":{"d":${'['.repeat(40)}${']'.repeat(40)}}}`
  const keys = `{"type":"bound","additional_info":{${Array.from({ length: 2000 }, (_, i) => `"k${i}":1`).join(',')}}}`
  const tags = `{"type":"bound","tags":${JSON.stringify(Array.from({ length: 100 }, (_, i) => `t${i}`))}}`
  const line = `{"type":"bound","message":"${'x'.repeat(300_000)}"}`
  const good = '{"type":"bound"}'
  const answer = await send(program, [deep, good, keys, good, tags, good, line, good].join('\n'))
  expect(answer.accepted).toBe(4)
  expect(answer.rejected.map(({ index }) => index)).toEqual([0, 2, 4, 6])
  for (const { reason } of answer.rejected) expect(reason).toMatch(/\d/)
})

test('a huge array is refused with 413, a huge upload of lines is not', async () => {
  const array = `[${'{"type":"huge"},'.repeat(4_000_000)}{}]`
  expect((await send(program, array).catch(() => ({ status: 413 }))).status).toBe(413)
  const lines = '{"type":"many"}\n'.repeat(300_000)
  expect(await send(program, lines)).toMatchObject({ status: 202, accepted: 300_000 })
  expect(await count(program, 'type = many')).toBe(300_000)
}, 60_000)

test('a slow upload that never ends is read as it comes', async () => {
  const { request } = await import('node:http')
  const upload = request(`${program.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  })
  upload.on('error', () => {})
  upload.write('{"type":"endless"}\n{"type":"endless"}\n')
  await eventually(
    () => count(program, 'type = endless'),
    n => n === 2,
  )
  upload.write('{"type":"endless"}\n')
  await eventually(
    () => count(program, 'type = endless'),
    n => n === 3,
  )
  upload.destroy()
})
