import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, count, eventually, folder, type Program, send, start } from './program.ts'
import { httpSender } from './sender.ts'

const MB = 1e6
let program: Program
let config: string

const CONFIG = (process: string): string => `export default {
  memory: '1GB',
  code: { stuck: 400 },
  process: { ${process} },
}`
const LOOPS = `
  poison: event => { if (event.additional_info.deadly) for (;;); event.tags.push('seen') },
  fine: event => { event.tags.push('fine') },
  dangling: () => { Promise.reject(new Error('nobody waits')) },`

beforeAll(async () => {
  const data = folder()
  config = join(data, 'telltale.config.ts')
  writeFileSync(config, CONFIG(LOOPS))
  program = await start({ data, args: ['--config', config] })
}, 120_000)

afterAll(async () => {
  await program.stop()
}, 60_000)

interface State {
  channels: Record<string, { accepted: number; dropped: number; dropped_by_kernel?: number; refused?: number }>
  processors: { name: string; off?: string }[]
  memory: { rss: number; bounds: { all: number; history: number } }
}

const state = async (of = program): Promise<State> => (await (await fetch(`${of.url}/v1/pipeline`)).json()) as State
const warnings = async (): Promise<string[]> =>
  ((await (await fetch(`${program.url}/readyz`)).json()) as { warnings: string[] }).warnings

test('a processor that loops for ever is stopped and named, everywhere; no event of anybody is lost', async () => {
  const others = httpSender(program.port, 'fine')
  await send(program, '{"type":"poison","n":0}\n{"type":"poison","n":1,"deadly":true}\n{"type":"poison","n":2}')
  await others.end()
  const seen = await ask(program, 'type = poison | sort n | limit 3')
  expect(seen.rows.map(([event]) => (event as { tags: string[] }).tags)).toEqual([['seen'], [], []])
  expect(await count(program, 'type = fine and tags = fine')).toBe(others.acknowledged)
  const named = /config:poison .*did not come back within 400 ms/
  await eventually(
    () => ask(program, 'type = processor_stopped | limit 1'),
    ({ rows }) => named.test(JSON.stringify(rows)),
  )
  expect((await warnings()).join('\n')).toMatch(named)
  expect(program.log()).toMatch(named)
  expect(await (await fetch(`${program.url}/metrics`)).text()).toContain(
    'telltale_processor_on{processor="config:poison"} 0',
  )
  expect((await state()).processors).toMatchObject([
    { name: 'config:poison', off: expect.stringMatching('400 ms') },
    {},
    {},
  ])
  await send(program, '{"type":"dangling"}')
  await eventually(
    () => count(program, 'type = unhandled_rejection and message ~ "*nobody waits*"'),
    n => n === 1,
  )

  writeFileSync(config, CONFIG(`poison: event => { event.tags.push('mended') }`))
  program.process.kill('SIGHUP')
  await eventually(
    () => program.log(),
    text => text.includes('takes effect'),
  )
  await send(program, '{"type":"poison","n":3,"deadly":true}')
  expect(await count(program, 'type = poison and tags = mended')).toBe(1)
  expect((await warnings()).filter(warning => warning.includes('config:'))).toEqual([])
}, 60_000)

test('what the kernel drops of UDP is counted with its own counter, told apart from ours, and told of', async () => {
  const port = program.port + 1
  const before = (await state()).channels['udp']
  const sent = 30_000
  program.process.kill('SIGSTOP')
  const socket = createSocket('udp4')
  const datagram = `{"type":"flood","message":"${'x'.repeat(1000)}"}`
  for (let n = 0; n < sent; n += 100)
    await Promise.all(
      Array.from({ length: 100 }, () => new Promise(done => socket.send(datagram, port, '127.0.0.1', done))),
    )
  socket.close()
  const table = readFileSync('/proc/net/udp', 'latin1')
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `
  const line = table.split('\n').find(each => each.includes(local))!
  const kernel = Number(line.trim().split(/\s+/).at(-1))
  program.process.kill('SIGCONT')
  expect(kernel).toBeGreaterThan(0)
  const { udp } = await eventually(
    async () => (await state()).channels as { udp: State['channels'][string] },
    channels => channels.udp.dropped_by_kernel === kernel,
    20_000,
  )
  // each datagram is an event, or lost and counted
  await eventually(
    () => count(program, 'type = flood'),
    n => n === sent - kernel - (udp.dropped - kernel - (before?.dropped ?? 0)),
  )
  const metrics = await (await fetch(`${program.url}/metrics`)).text()
  expect(metrics).toContain(`telltale_events_dropped_total{channel="udp",by="kernel"} ${kernel}`)
  await eventually(
    () => ask(program, 'type = dropped and channel = udp and lost_by = kernel | sum(count)'),
    ({ rows }) => rows[0]![0] === kernel,
  )
  expect((await warnings()).join()).toContain('udp lost events within the last minute')
}, 60_000)

test('300 who look and never read cost a bounded piece of memory; who reads is served; intake goes on', async () => {
  const url = `ws://127.0.0.1:${program.port}/v1/live`
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    socket.send('{"id":"a","query":"type = watched"}')
    return socket
  }
  const deaf = await Promise.all(Array.from({ length: 300 }, open))
  for (const socket of deaf) socket.pause()
  const reader = await open()
  const numbers = new Set<number>()
  let resets = 0
  reader.on('message', data => {
    const { events = [], reset } = JSON.parse(String(data)) as {
      events?: { additional_info: { n: number } }[]
      reset?: boolean
    }
    for (const event of events) numbers.add(event.additional_info.n)
    if (reset) resets++
  })
  const before = (await state()).memory
  let highest = 0
  const watching = setInterval(() => {
    state().then(
      ({ memory }) => (highest = Math.max(highest, memory.rss)),
      () => {},
    )
  }, 100)
  const sent = 6_000
  for (let n = 0; n < sent; n += 300) {
    const lines = Array.from(
      { length: 300 },
      (_, i) => `{"type":"watched","n":${n + i},"message":"${'x'.repeat(2000)}"}`,
    )
    expect(await send(program, lines.join('\n'))).toMatchObject({ status: 202, accepted: 300 })
    await new Promise(resolve => setTimeout(resolve, 30))
  }
  clearInterval(watching)
  await eventually(
    () => numbers.size,
    size => size === sent,
    20_000,
  )
  expect(resets).toBe(0)
  // unbounded it would be 300 times what the kernel does not hold of 12 MB
  const { bounds } = before
  expect(highest - before.rss).toBeLessThan(400 * MB)
  expect(highest).toBeLessThan(bounds.all - bounds.history)
  for (const socket of [...deaf, reader]) socket.terminate()
}, 90_000)

test('a burst of more than it can take: memory stays inside its bound, what was acknowledged is all there', async () => {
  const senders = Array.from({ length: 40 }, (_, i) => httpSender(program.port, `burst${i}`, 1_000))
  let highest = 0
  const { bounds } = (await state()).memory
  const end = Date.now() + 5_000
  while (Date.now() < end) {
    highest = Math.max(highest, (await state()).memory.rss)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  await Promise.all(senders.map(sender => sender.end()))
  expect(highest).toBeLessThan(bounds.all - bounds.history)
  const acknowledged = senders.reduce((sum, sender) => sum + sender.acknowledged, 0)
  expect(acknowledged).toBeGreaterThan(10_000)
  for (const { told } of senders) expect([...told.keys()].filter(what => what !== '503')).toEqual([])
  expect(await count(program, 'type ~ "burst*"')).toBe(acknowledged)
}, 90_000)

test('a history that is stuck: senders are refused with Retry-After once the journal is full, and all goes on by itself', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.ts')
  // so small that it is full at once
  writeFileSync(file, 'export default { journal: { maxBytes: 2e6 } }')
  const small = await start({ data, args: ['--config', file] })
  try {
    const engine = Number(readFileSync(join(data, 'history', 'engine.pid'), 'utf8').split(' ')[0])
    process.kill(engine, 'SIGSTOP')
    const senders = [httpSender(small.port, 'waiting0', 500), httpSender(small.port, 'waiting1', 500)]
    const refused = await eventually(
      () => fetch(`${small.url}/v1/events`, { method: 'POST', body: '{"type":"waiting"}' }),
      ({ status }) => status === 503,
      30_000,
    )
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringMatching(/wait in the journal/) } })
    const ready = await fetch(`${small.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ ready: false, reasons: [expect.stringMatching(/wait in the journal/)] })
    const socket = createSocket('udp4')
    for (let n = 0; n < 10; n++) socket.send('{"type":"waiting_udp"}', small.port + 1, '127.0.0.1')
    await eventually(
      async () => (await state(small)).channels['udp']?.dropped,
      dropped => dropped === 10,
    )
    // the engine is found hung, killed and started again; or goes on, where that has not happened yet
    try {
      process.kill(engine, 'SIGCONT')
    } catch {}
    const before = senders.map(({ acknowledged }) => acknowledged)
    await eventually(
      () => senders.every(({ acknowledged }, i) => acknowledged > before[i]!),
      going => going,
      60_000,
    )
    await Promise.all(senders.map(sender => sender.end()))
    socket.close()
    for (const { type, acknowledged } of senders) expect(await count(small, `type = ${type}`)).toBe(acknowledged)
    await eventually(
      () => ask(small, 'type = pressure | sum(refused), max(seconds)'),
      ({ rows }) => (rows[0]![0] as number) > 0,
    )
    await eventually(
      () => ask(small, 'type = dropped and channel = udp and lost_by = telltale | sum(count)'),
      ({ rows }) => rows[0]![0] === 10,
    )
    expect(small.log()).toMatch(/senders are pushed back: .*\n(.*\n)*.*no longer pushed back/)
  } finally {
    await small.stop()
  }
}, 120_000)
