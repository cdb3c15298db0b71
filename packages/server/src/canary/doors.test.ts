import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Channel, tcp, udp, type WebSocketIntake, websocket } from '@telltale/channels'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { type House, openHouse } from '../house.ts'
import { doorAt } from './knock.ts'

const data = mkdtempSync(join(tmpdir(), 'telltale-doors-'))
let house: House | undefined
afterEach(async () => {
  await house?.stop()
  rmSync(data, { recursive: true, force: true })
})

interface Report {
  well: boolean
  stages: { stage: string; state: string; message?: string; lost: number }[]
}
const get = async <T>(path: string): Promise<T> =>
  (await fetch(house!.url + path, { headers: { authorization: 'Bearer secret' } })).json() as Promise<T>
const states = async (): Promise<Record<string, string>> => {
  const { stages } = await get<Report>('/v1/canary')
  return Object.fromEntries(stages.map(({ stage, state }) => [stage, state]))
}

test('a listener that is dead is noticed and named, whichever it is; the others are well', async () => {
  const lines = tcp({ port: 0, name: 'lines' })
  const datagrams = udp({ port: 0, name: 'datagrams' })
  house = await openHouse({
    data,
    port: 0,
    tokens: { admin: 'secret' },
    canary: { every: 100, limits: { journal: '2s', live: '2s' } },
    channels: [lines, datagrams],
  })
  const all = ['http', 'websocket', 'udp', 'tcp', 'lines', 'datagrams']
  await expect.poll(states, { timeout: 30_000 }).toMatchObject(Object.fromEntries(all.map(name => [name, 'well'])))
  await expect.poll(async () => (await get<Report>('/v1/canary')).well, { timeout: 30_000 }).toBe(true)
  await lines.stop()
  await datagrams.stop()
  await expect.poll(states, { timeout: 30_000 }).toMatchObject({ lines: 'failing', datagrams: 'failing' })
  const others = ['http', 'websocket', 'udp', 'tcp', 'journal', 'live']
  expect(await states()).toMatchObject(Object.fromEntries(others.map(name => [name, 'well'])))
  const { warnings } = await get<{ warnings: string[] }>('/readyz')
  expect(warnings.join()).toMatch(/since \S+ events sent over lines do not come in: connect ECONNREFUSED/)
  expect(warnings.join()).toMatch(/since \S+ events sent over datagrams do not come in/)
  expect((await get<Report>('/v1/canary')).well).toBe(false)
}, 90_000)

/** A WebSocket listener of a user's own, which can be made to hang, or to take what comes and never answer. */
function sockets(): Channel & { hangs: boolean; mute: boolean; address?: string } {
  const open = new Set<WebSocketIntake>()
  let server: WebSocketServer
  return {
    name: 'sockets',
    hangs: false,
    mute: false,
    async start({ intake }) {
      server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
      await once(server, 'listening')
      server.on('connection', socket => {
        if (this.mute) socket.send = ((_: unknown, sent: () => void) => sent()) as WebSocket['send']
        if (!this.hangs) open.add(websocket(socket, { intake, address: 'h', channel: 'sockets' }))
      })
      this.address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    async stop() {
      await Promise.all([...open].map(each => each.stop()))
      for (const client of server.clients) client.terminate()
      server.close()
    },
  }
}

test('a WebSocket listener that hangs, never answers, or is dead is named; in between it is well again', async () => {
  const own = sockets()
  const canary = { every: 100, limits: { journal: '2s', live: '2s' } }
  house = await openHouse({ data, port: 0, tokens: { send: ['secret'], admin: 'more' }, canary, channels: [own] })
  const warnings = async (): Promise<string> => (await get<{ warnings: string[] }>('/readyz')).warnings.join()
  const reported = async (): Promise<string> => {
    const answer = await fetch(`${house!.url}/v1/canary`, { headers: { authorization: 'Bearer more' } })
    const { stages } = (await answer.json()) as Report
    return stages.find(({ stage }) => stage === 'sockets')!.state
  }
  await expect.poll(reported, { timeout: 30_000 }).toBe('well')
  own.hangs = true
  const hangs = /since \S+ events sent over sockets do not come in: WebSocket does not answer/
  await expect.poll(warnings, { timeout: 30_000 }).toMatch(hangs)
  own.hangs = false
  await expect.poll(reported, { timeout: 30_000 }).toBe('well')
  own.mute = true
  await expect.poll(warnings, { timeout: 30_000 }).toMatch(hangs)
  own.mute = false
  await expect.poll(reported, { timeout: 30_000 }).toBe('well')
  await own.stop()
  const dead = /since \S+ events sent over sockets do not come in: connect ECONNREFUSED/
  await expect.poll(warnings, { timeout: 30_000 }).toMatch(dead)
  expect(await warnings()).not.toContain('over websocket')
}, 120_000)

const EVENT = Buffer.from('{"type":"x"}')

test('over WebSocket an event is sent as a sender would, and its answer waited for', async () => {
  const messages: [string, boolean][] = []
  let does = (socket: WebSocket): void => socket.send('{"accepted":1,"rejected":[]}')
  const asked: (string | undefined)[] = []
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const closed: number[] = []
  server.on('connection', (socket, { url, headers }) => {
    asked.push(url, headers.authorization)
    socket.on('close', code => closed.push(code))
    socket.on('message', (data, binary) => {
      messages.push([String(data), binary])
      does(socket)
    })
  })
  const { port } = server.address() as AddressInfo
  const { knock } = doorAt('x', `ws://0.0.0.0:${port}/v1/send`, 'secret')!
  await knock(EVENT)
  expect([messages, asked]).toEqual([[['{"type":"x"}', false]], ['/v1/send', 'Bearer secret']])
  await expect.poll(() => closed).toEqual([1005])
  does = socket => socket.send('{"accepted":0,"rejected":[{"index":0,"reason":"no"}]}')
  await expect(knock(EVENT)).rejects.toThrow(
    'WebSocket answers with {"accepted":0,"rejected":[{"index":0,"reason":"no"}]}',
  )
  does = socket => socket.close(1001)
  await expect(knock(EVENT)).rejects.toThrow('WebSocket closes with 1001')
  does = () => {}
  await expect(knock(EVENT)).rejects.toThrow('WebSocket does not answer')
  await expect.poll(() => server.clients.size).toBe(0)
  server.close()
  await expect(knock(EVENT)).rejects.toThrow('ECONNREFUSED')
}, 30_000)

test.each(['::1', '::', '127.0.0.1', '0.0.0.0', 'localhost'])(
  'every way in of a host %s is found',
  async host => {
    const canary = { every: 100 }
    house = await openHouse({ data, host, port: 0, tokens: { admin: 'secret' }, canary })
    const all = ['http', 'websocket', 'udp', 'tcp']
    await expect.poll(states, { timeout: 30_000 }).toMatchObject(Object.fromEntries(all.map(name => [name, 'well'])))
  },
  60_000,
)

test('what is no address, or of a file, is no door; who does not answer is not waited for without end', async () => {
  for (const address of ['', '/var/log/app.log', 'file:///x', 'tcp://', 'stdin'])
    expect(doorAt('x', address)).toBeUndefined()
  const reached = new Set<Socket>()
  const silent: Server = createServer(socket => reached.add(socket))
  await new Promise<void>(done => silent.listen(0, '127.0.0.1', done))
  const { port } = silent.address() as { port: number }
  await expect(doorAt('x', `http://127.0.0.1:${port}`)!.knock(Buffer.from('{}'))).rejects.toThrow(
    'HTTP does not answer',
  )
  await expect(doorAt('x', `ws://127.0.0.1:${port}`)!.knock(Buffer.from('{}'))).rejects.toThrow(
    'WebSocket does not answer',
  )
  for (const socket of reached) socket.destroy()
  silent.close()
}, 30_000)
