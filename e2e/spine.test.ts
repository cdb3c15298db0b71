import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, count, eventually, folder, freePort, type Program, send, start } from './program.ts'

let program: Program

beforeAll(async () => {
  program = await start()
}, 60_000)

afterAll(async () => {
  await program.stop()
})

describe('ways in', () => {
  test.each([
    ['one event', '{"type":"in_one"}', 1],
    ['a pretty-printed event', '{\n  "type": "in_pretty",\n  "additional_info": { "a": 1 }\n}', 1],
    ['an array', '[{"type":"in_array"},{"type":"in_array"}]', 2],
    ['NDJSON', '{"type":"in_lines"}\n{"type":"in_lines"}\r\n\n{"type":"in_lines"}', 3],
    ['a bare string', '"in_string could not obtain database connection"', 1],
  ])('HTTP: %s', async (_name, body, events) => {
    const before = await count(program, '')
    expect(await send(program, body)).toMatchObject({ status: 202, accepted: events, rejected: [] })
    expect(await count(program, '')).toBeGreaterThanOrEqual(before + events)
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('HTTP: compressed with %s', async (encoding, compress) => {
    const body = compress(Buffer.from(`{"type":"in_${encoding}"}\n`.repeat(1000)))
    expect(await send(program, body, { 'content-encoding': encoding })).toMatchObject({ status: 202, accepted: 1000 })
    expect(await count(program, `type = in_${encoding}`)).toBe(1000)
  })

  test('HTTP: one bad event costs only itself, and says why', async () => {
    const answer = await send(program, '{"type":"in_good"}\n{"type":oops}\n{"type":"in_good"}\n{"time":"yesterday"}\n')
    expect(answer).toMatchObject({ status: 202, accepted: 2 })
    expect(answer.rejected.map(({ index }) => index)).toEqual([1, 3])
    expect(answer.rejected[1]!.reason).toContain('yesterday')
    const { rejects } = (await (await fetch(`${program.url}/v1/rejects`)).json()) as { rejects: { sample: string }[] }
    expect(rejects.map(({ sample }) => sample).join()).toContain('yesterday')
  })

  test('HTTP: what cannot be read at all is refused with 400', async () => {
    expect(await send(program, 'not json at all')).toMatchObject({ status: 400, accepted: 0 })
    expect(await send(program, '')).toMatchObject({ status: 400, accepted: 0 })
    expect(await send(program, '[]')).toMatchObject({ status: 202, accepted: 0, rejected: [] })
    expect(await send(program, 'x', { 'content-encoding': 'gzip' })).toMatchObject({ status: 400 })
    expect(await send(program, 'x', { 'content-encoding': 'lzma' })).toMatchObject({ status: 415 })
  })

  test('UDP', async () => {
    const socket = createSocket('udp4')
    for (let i = 0; i < 100; i++) socket.send(`{"type":"in_udp","n":${i}}`, program.port + 1, '127.0.0.1')
    await eventually(
      () => count(program, 'type = in_udp'),
      n => n === 100,
    )
    socket.close()
  })

  test('TCP', async () => {
    const socket = connect(program.port + 2, '127.0.0.1')
    socket.end('{"type":"in_tcp"}\n{"type":"in_tcp"}\n{"type":"in_tcp"}')
    await eventually(
      () => count(program, 'type = in_tcp'),
      n => n === 3,
    )
  })

  test('WebSocket', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${program.port}/v1/send`)
    await once(socket, 'open')
    socket.send('[{"type":"in_ws"},{"type":"in_ws"},7]')
    const [answer] = await once(socket, 'message')
    expect(JSON.parse(String(answer))).toMatchObject({ accepted: 2, rejected: [{ index: 2 }] })
    expect(await count(program, 'type = in_ws')).toBe(2)
    socket.close()
  })
})

describe('asking', () => {
  test('counts, averages and percentiles by field and minute', async () => {
    const start = Date.UTC(2026, 0, 1)
    const lines = Array.from({ length: 120 }, (_, i) =>
      JSON.stringify({ type: 'asked', time: start + i * 1000, ms: i, url: `/${i % 3}` }),
    )
    await send(program, lines.join('\n'))
    const answer = await ask(program, 'type = asked | count(), avg(ms), p99(ms), min(ms), max(ms), sum(ms) by 1m')
    expect(answer.columns.map(column => column.name)).toEqual([
      'time',
      'count()',
      'avg(ms)',
      'p99(ms)',
      'min(ms)',
      'max(ms)',
      'sum(ms)',
    ])
    expect(answer.rows.map(row => row.slice(0, 3))).toEqual([
      [start, 60, 29.5],
      [start + 60_000, 60, 89.5],
    ])
    const top = await ask(program, 'type = asked and ms > 1 | count() by url | sort count desc | limit 2')
    expect(top.rows).toEqual([
      ['/2', 40],
      ['/0', 39],
    ])
    const events = await ask(program, 'type = asked | sort time desc | limit 1').catch(error => error)
    expect(events).not.toBeInstanceOf(Error)
  })

  test('a bad query says where and what was expected', async () => {
    const response = await fetch(`${program.url}/v1/query`, {
      method: 'POST',
      body: '{"query":"type = | count()"}',
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String), position: 7 } })
    expect(response.headers.get('x-request-id')).toBeTruthy()
  })

  test('a question is JSON, whatever its content type says; no JSON is said to be none', async () => {
    const post = (body: string, headers: Record<string, string>): Promise<Response> =>
      fetch(`${program.url}/v1/query`, { method: 'POST', body, headers })
    const form = await post('{"query":"count()"}', { 'content-type': 'application/x-www-form-urlencoded' })
    expect(await form.json()).toMatchObject({ columns: [{ name: 'count()' }] })
    for (const body of [
      '{"query":',
      '[]',
      '7',
      '{"query":7}',
      '{"query":"count()","from":"soon"}',
      '{"query":"","limit":-1}',
    ]) {
      const response = await post(body, { 'content-type': 'application/json' })
      expect([body, response.status]).toEqual([body, 400])
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } })
    }
  })

  test('events come newest first, page by page', async () => {
    await send(program, Array.from({ length: 25 }, (_, i) => `{"type":"paged","n":${i}}`).join('\n'))
    const seen: number[] = []
    let cursor = ''
    for (let page = 0; page < 3; page++) {
      const response = await fetch(
        `${program.url}/v1/events?query=type%3Dpaged&limit=10${cursor && `&cursor=${cursor}`}`,
      )
      const body = (await response.json()) as { events: { additional_info: { n: number } }[]; cursor?: string }
      seen.push(...body.events.map(event => event.additional_info.n))
      cursor = body.cursor ?? ''
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => 24 - i))
    expect(cursor).toBe('')
  })

  test('rows can be streamed as lines', async () => {
    const response = await fetch(`${program.url}/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: JSON.stringify({ query: 'type = paged | count() by type' }),
    })
    expect((await response.text()).trim()).toBe('{"type":"paged","count()":25}')
  })
})

describe('looking', () => {
  test('a WebSocket gets the past, then what comes; a live count changes', async () => {
    await send(program, '{"type":"looked","n":1}')
    const socket = new WebSocket(`ws://127.0.0.1:${program.port}/v1/live`)
    const messages: { id: string; events?: { additional_info: { n: number } }[]; rows?: number[][] }[] = []
    socket.on('message', data => messages.push(JSON.parse(String(data))))
    await once(socket, 'open')
    socket.send('{"id":"e","query":"type = looked","from":"-15m"}')
    socket.send('{"id":"c","query":"type = looked | count()","from":"-15m"}')
    const seen = (): number[] => messages.flatMap(m => m.events?.map(event => event.additional_info.n) ?? [])
    await eventually(seen, list => list.length === 1)
    await send(program, '{"type":"looked","n":2}\n{"type":"other"}\n{"type":"looked","n":3}')
    expect(await eventually(seen, list => list.length === 3)).toEqual([1, 2, 3])
    await eventually(
      () => messages.filter(m => m.id === 'c').at(-1)?.rows?.[0]?.[0],
      n => n === 3,
    )
    socket.send('{"id":"x","query":"type ="}')
    await eventually(
      () => messages.find(m => m.id === 'x'),
      m => m !== undefined,
    )
    socket.close()
  })

  test('Server-Sent Events', async () => {
    const response = await fetch(`${program.url}/v1/live?query=type%3Dsse`, {
      headers: { accept: 'text/event-stream' },
    })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const reading = (async () => {
      while (!text.includes('"type":"sse"')) text += (await reader.read()).value ?? ''
    })()
    await send(program, '{"type":"sse"}')
    await reading
    await reader.cancel()
  })
})

describe('the rest of the outside', () => {
  test('health, readiness, metrics, OpenAPI, docs, the page', async () => {
    expect(await (await fetch(`${program.url}/healthz`)).json()).toEqual({ ok: true })
    await eventually(
      async () => (await fetch(`${program.url}/readyz`)).status,
      status => status === 200,
    )
    expect(await (await fetch(`${program.url}/metrics`)).text()).toMatch(
      /telltale_events_accepted_total\{channel="http"\} \d+/,
    )
    const openapi = (await (await fetch(`${program.url}/openapi.json`)).json()) as { openapi: string; paths: object }
    expect(openapi.openapi).toBe('3.1.0')
    expect(Object.keys(openapi.paths)).toEqual(
      expect.arrayContaining(['/v1/events', '/v1/query', '/v1/live', '/v1/send', '/metrics']),
    )
    for (const path of ['/v1/live', '/v1/send']) {
      const notUpgraded = await fetch(program.url + path)
      expect([path, notUpgraded.status, notUpgraded.headers.get('upgrade')]).toEqual([path, 426, 'websocket'])
      expect(await notUpgraded.json()).toMatchObject({ error: { message: 'this is a WebSocket' } })
    }
    expect((await fetch(`${program.url}/docs`)).status).toBe(200)
    expect(await (await fetch(program.url)).text()).toContain('<title>')
    const nowhere = await fetch(`${program.url}/v1/nowhere`)
    expect(nowhere.status).toBe(404)
    expect(await nowhere.json()).toMatchObject({ error: { message: expect.stringContaining('/v1/nowhere') } })
  })

  test("the host's vitals and Telltale's health are there without any set-up", async () => {
    const wanted = [
      'host_cpu',
      'host_disk',
      'host_files',
      'host_memory',
      'host_network',
      'host_sockets',
      'telltale_health',
    ]
    await eventually(
      async () => (await ask(program, 'count() by type')).rows.map(row => row[0]),
      types => wanted.every(type => types.includes(type)),
      20_000,
    )
  })

  test('other hosts and other sites are kept out while there is no token', async () => {
    const { request } = await import('node:http')
    const status = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise(resolve => {
        request(`${program.url}/v1/rejects`, { headers }, response => resolve(response.resume().statusCode)).end()
      })
    expect(await status({})).toBe(200)
    expect(await status({ host: 'evil.example' })).toBe(403)
    expect(await status({ origin: 'https://evil.example' })).toBe(403)
  })
})

describe('one process after another', () => {
  test('the present survives a restart, and so does everything else', async () => {
    const data = folder()
    const first = await start({ data })
    await send(first, Array.from({ length: 1000 }, (_, i) => `{"type":"kept","n":${i}}`).join('\n'))
    expect(await first.stop()).toBe(0)
    const second = await start({ data })
    await send(second, '{"type":"kept","n":1000}')
    expect(await count(second, 'type = kept')).toBe(1001)
    const recent = await ask(second, 'type = kept | limit 3', { from: '-15m' })
    expect(recent.rows.map(([event]) => (event as { additional_info: { n: number } }).additional_info.n)).toEqual([
      1000, 999, 998,
    ])
    await second.stop('SIGKILL')
    const third = await start({ data })
    expect(await count(third, 'type = kept')).toBe(1001)
    expect(await third.stop('SIGINT')).toBe(0)
  }, 60_000)

  test('a second one on the same folder, or on the same port, is refused in words', async () => {
    await expect(start({ data: program.data })).rejects.toThrow(/another Telltale|already/i)
    await expect(start({ port: program.port })).rejects.toThrow(/in use|taken/i)
  }, 60_000)

  test('beyond this machine only with a token', async () => {
    await expect(start({ args: ['--host', '0.0.0.0'] })).rejects.toThrow(/token/)
    const guarded = await start({ port: await freePort(), env: { TELLTALE_TOKEN: 'secret' } })
    expect((await fetch(`${guarded.url}/v1/rejects`)).status).toBe(401)
    const headers = { authorization: 'Bearer secret' }
    expect((await fetch(`${guarded.url}/v1/rejects`, { headers })).status).toBe(200)
    expect(await send(guarded, '{}', { authorization: 'Bearer wrong' })).toMatchObject({ status: 401 })
    expect((await fetch(`${guarded.url}/healthz`)).status).toBe(200)
    await guarded.stop()
  }, 60_000)
})
