import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, eventually, folder, freePort, type Program, start } from './program.ts'
import { httpSender, type Sender, socketSender, streamSender, tcpSender } from './sender.ts'

const running = new Set<Program>()
afterEach(async () => {
  for (const program of running) await program.stop('SIGKILL')
  running.clear()
})

async function begin(...given: Parameters<typeof start>): Promise<Program> {
  const program = await start(...given)
  running.add(program)
  return program
}

/** Every number that was acknowledged is there once; nothing else is. */
async function check(program: Program, senders: readonly Sender[]): Promise<void> {
  for (const { type, acknowledged } of senders) {
    const { rows } = await ask(program, `type = ${type} | count(), max(n), sum(n)`)
    const sum = (acknowledged * (acknowledged - 1)) / 2
    expect([type, rows[0]]).toEqual([type, [acknowledged, acknowledged - 1, sum]])
    const doubled = await ask(program, `type = ${type} | count() by n | where count > 1`)
    expect([type, doubled.rows]).toEqual([type, []])
  }
}

test('stopped and started again under full load: all is answered, nothing is lost, nothing is there twice', async () => {
  const data = folder()
  const port = await freePort()
  const first = await begin({ port, data })
  const senders = [
    ...Array.from({ length: 3 }, (_, i) => httpSender(port, `http${i}`)),
    streamSender(port, 'stream'),
    tcpSender(port + 2, 'tcp'),
    socketSender(port, 'socket'),
  ]
  // Those who look and never read must not hold up the stop.
  const looking = Array.from({ length: 20 }, () => new WebSocket(`ws://127.0.0.1:${port}/v1/live`))
  for (const socket of looking)
    socket
      .on('open', () => {
        socket.send('{"id":"a","query":""}')
        socket.pause()
      })
      .on('error', () => {})
  const busy = async (): Promise<unknown> => {
    const before = senders.map(({ acknowledged }) => acknowledged)
    return eventually(
      () => senders.filter(({ acknowledged, type }, i) => type !== 'stream' && acknowledged < before[i]! + 100),
      idle => idle.length === 0,
      30_000,
    )
  }
  await busy()
  expect(await first.stop('SIGTERM')).toBe(0)
  const second = await begin({ port, data })
  await busy()
  expect(await second.stop('SIGINT')).toBe(0)
  const third = await begin({ port, data })
  await busy()
  await Promise.all(senders.map(sender => sender.end()))
  for (const socket of looking) socket.terminate()
  await check(third, senders)
  for (const { type, told } of senders)
    for (const what of told.keys())
      expect([type, what]).toEqual([type, expect.stringMatching(/^(503|ECONNREFUSED|ECONNRESET|EPIPE)$/)])
  expect(await third.stop()).toBe(0)
}, 180_000)

test('the configuration is read again under full load: nothing is lost, nothing is there twice (OTel Collector #11817, Vector #24948)', async () => {
  const data = folder()
  const file = join(data, 'telltale.config.ts')
  const write = (n: number): void =>
    writeFileSync(file, `export default { calculate: { version: () => ${n} }, process: { never: () => null } }`)
  write(0)
  const program = await begin({ data, args: ['--config', file] })
  const senders = [
    ...Array.from({ length: 3 }, (_, i) => httpSender(program.port, `http${i}`)),
    tcpSender(program.port + 2, 'tcp'),
  ]
  for (let n = 1; n <= 8; n++) {
    await sleep(250)
    write(n)
    program.process.kill('SIGHUP')
  }
  await eventually(
    () => ask(program, 'version = 8 | count()'),
    ({ rows }) => (rows[0]![0] as number) > 0,
  )
  // while it is read, a file may be half written: that one is refused and the next look takes effect
  await Promise.all(senders.map(sender => sender.end()))
  await check(program, senders)
  expect((await ask(program, 'not has version and type in (http0, http1, http2, tcp) | count()')).rows).toEqual([[0]])
  expect(await program.stop()).toBe(0)
}, 120_000)

test('a second signal ends it at once; the next start has what was acknowledged', async () => {
  const data = folder()
  const program = await begin({ data })
  const sender = httpSender(program.port, 'before')
  await eventually(
    () => sender.acknowledged,
    n => n > 1_000,
  )
  await sender.end()
  // a body that stops in the middle of an event is waited for a while
  const upload = request({ port: program.port, host: '127.0.0.1', method: 'POST', path: '/v1/events' })
  upload.on('error', () => {})
  upload.write('{"type":"half')
  await sleep(100)
  const ended = program.stop('SIGTERM')
  await eventually(
    () => program.log(),
    text => text.includes('SIGTERM: taking no more'),
  )
  await sleep(400)
  program.process.kill('SIGTERM')
  expect(await ended).toBe(143)
  expect(program.log()).toContain('ending at once')
  await check(await begin({ data }), [sender])
}, 120_000)
