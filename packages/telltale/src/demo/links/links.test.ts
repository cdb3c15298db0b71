import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { http } from './http.ts'
import { Backlog, type Link } from './link.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean()
})

const host = '127.0.0.1'
/** The machine may be busy. */
const patient = { timeout: 20_000 }
const state = { up: () => {}, down: () => {} }
const lines = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => `{"n":${from + n}}`)
const numbers = (received: string): number[] =>
  received
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line).n)

/** Keeps a link until the end of the test. */
function kept(link: Link): Link {
  cleanUp.push(() => link.close())
  return link
}

describe('HTTP', () => {
  const received: number[] = []
  const headers: (string | undefined)[] = []

  async function listen(port = 0, status = 202): Promise<Server> {
    const server = createHttpServer(async (request, response) => {
      const body = await text(request)
      if (status === 202) received.push(...numbers(body))
      headers.push(request.headers.authorization)
      response.writeHead(status).end('{"accepted":1,"rejected":[]}')
    })
    await once(server.listen(port, host), 'listening')
    cleanUp.push(() => end(server))
    return server
  }

  async function end(server: Server): Promise<void> {
    server.closeAllConnections()
    if (server.listening) await new Promise(resolve => server.close(resolve))
  }

  it('sends everything once, in order, with the token', async () => {
    const { port } = (await listen()).address() as AddressInfo
    const link = http({ host, port, token: 'sesame', state })
    for (const line of lines(0, 3500)) link.send(line)
    await expect.poll(() => received.length, patient).toBe(3500)
    expect(received.splice(0)).toEqual([...Array(3500).keys()])
    expect(new Set(headers.splice(0))).toEqual(new Set(['Bearer sesame']))
    await link.close()
    expect(link.lost).toBe(0)
  })

  it('sends on closing what is left', async () => {
    const { port } = (await listen()).address() as AddressInfo
    const link = http({ host, port, state })
    link.send('{"n":1}')
    await link.close()
    expect(received.splice(0)).toEqual([1])
  })

  it('goes on quietly after a restart, tells of it once, and forgets no more than it must', async () => {
    const told: string[] = []
    const first = await listen()
    const { port } = first.address() as AddressInfo
    const teller = { up: () => told.push('up'), down: (reason: string) => told.push(reason) }
    const link = kept(http({ host, port, state: teller, capacity: 100 }))
    link.send('{"n":0}')
    await expect.poll(() => received.length, patient).toBe(1)
    await end(first)
    for (const line of lines(1, 501)) link.send(line)
    await expect.poll(() => told.at(-1), patient).toContain('nobody answers')
    await listen(port)
    await expect.poll(() => received.at(-1), patient).toBe(500)
    await expect.poll(() => told.at(-1), patient).toBe('up')
    const arrived = received.splice(0).length - 1
    expect(arrived).toBeLessThanOrEqual(100)
    expect(arrived + link.lost).toBe(500)
  })

  it('says what is wrong: no token, not now, never', async () => {
    for (const [status, reason] of [
      [401, 'TELLTALE_TOKEN'],
      [503, "can't take events now"],
      [400, 'refuses'],
    ] as const) {
      const told: string[] = []
      const { port } = (await listen(0, status)).address() as AddressInfo
      const link = http({ host, port, state: { up: () => {}, down: why => told.push(why) } })
      link.send('{}')
      await expect.poll(() => told[0], patient).toContain(reason)
      await link.close()
    }
  })

  it('makes the past wait while there is no room', async () => {
    const link = http({ host, port: 9, state, capacity: 100 })
    await link.room()
    for (const line of lines(0, 60)) link.send(line)
    let free = false
    const room = link.room().then(() => (free = true))
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(free).toBe(false)
    await link.close()
    await room
  })
})

describe('TCP', () => {
  async function listen(
    port: number,
    onData: (data: string) => void,
  ): Promise<{ server: NetServer; end(): Promise<void> }> {
    const sockets = new Set<Socket>()
    const server = createTcpServer(socket => {
      sockets.add(socket.on('error', () => {}))
      socket.setEncoding('utf8').on('data', onData)
    })
    await once(server.listen(port, host), 'listening')
    const end = async (): Promise<void> => {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise(resolve => server.close(resolve))
    }
    cleanUp.push(end)
    return { server, end }
  }

  it('keeps one connection, makes it again after a restart, and keeps lines whole', async () => {
    let received = ''
    const take = (data: string): void => void (received += data)
    const first = await listen(0, take)
    const { port } = first.server.address() as AddressInfo
    const link = tcp({ host, port })
    for (const line of lines(0, 1000)) link.send(line)
    await expect.poll(() => numbers(received).length, patient).toBe(1000)
    expect(numbers(received)).toEqual([...Array(1000).keys()])
    received = ''
    await first.end()
    await new Promise(resolve => setTimeout(resolve, 50))
    for (const line of lines(1000, 1010)) link.send(line)
    await listen(port, take)
    await expect.poll(() => numbers(received).length, patient).toBe(10)
    link.send('{"n":"last"}')
    await link.close()
    await expect.poll(() => numbers(received).at(-1), patient).toBe('last')
  })

  it('keeps no more than its capacity while nobody is there', async () => {
    const link = kept(tcp({ host, port: 9, capacity: 50 }))
    for (const line of lines(0, 500)) link.send(line)
    expect(link.lost).toBeGreaterThanOrEqual(450)
  })
})

describe('UDP', () => {
  it('sends one datagram per event, and minds nothing', async () => {
    const received: number[] = []
    const server = createSocket('udp4').on('message', data => received.push(...numbers(data.toString())))
    server.bind(0, host)
    await once(server, 'listening')
    cleanUp.push(() => server.close())
    const link = udp({ host, port: server.address().port })
    for (const line of lines(0, 50)) link.send(line)
    await link.close()
    await expect.poll(() => received.length, patient).toBe(50)

    const deaf = udp({ host: 'no such host', port: 9 })
    deaf.send('{}')
    await deaf.close()
    expect(deaf.lost).toBe(1)
  })
})

describe('a backlog', () => {
  it('forgets the oldest, and counts them', () => {
    const backlog = new Backlog(10)
    for (const line of lines(0, 25)) backlog.push(line)
    expect(backlog.length).toBe(10)
    expect(backlog.lost).toBe(15)
    const taken = backlog.take(4)
    for (const line of lines(25, 27)) backlog.push(line)
    backlog.giveBack(taken)
    expect(numbers(backlog.take(99).join('\n'))).toEqual([17, 18, 19, 20, 21, 22, 23, 24, 25, 26])
    expect(backlog.lost).toBe(17)
  })
})
