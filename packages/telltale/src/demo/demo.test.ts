import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { SimulatedClock } from '@telltale/event'
import { afterEach, describe, expect, it } from 'vitest'
import { type DemoOptions, demo, incidentNamed } from './index.ts'
import { protocolOf } from './shop/hosts.ts'
import type { DemoEvent } from './shop/moment.ts'

const start = Date.UTC(2026, 10, 22, 12)
const linux = process.platform === 'linux'
/** The machine may be busy. */
const patient = { timeout: 20_000 }
const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanUp.splice(0)) await clean()
})

/** What the demo prints, once it is over. */
async function printed(options: DemoOptions): Promise<DemoEvent[]> {
  const lines: string[] = []
  await demo({ ...options, print: line => void lines.push(line) }).run()
  return lines.map(line => JSON.parse(line))
}

/** Real listeners on three ports in a row, as Telltale has them. */
async function listen(): Promise<{ port: number; received: Record<'http' | 'udp' | 'tcp', DemoEvent[]> }> {
  const received: Record<'http' | 'udp' | 'tcp', DemoEvent[]> = { http: [], udp: [], tcp: [] }
  const take = (way: keyof typeof received, lines: string): void => {
    for (const line of lines.split('\n')) if (line !== '') received[way].push(JSON.parse(line))
  }
  for (;;) {
    const http = createHttpServer(async (request, response) => {
      take('http', await text(request))
      response.writeHead(202).end('{"accepted":1,"rejected":[]}')
    })
    const tcp = createTcpServer(async socket => take('tcp', await text(socket)))
    const udp = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 }).on('message', data =>
      take('udp', data.toString()),
    )
    await once(http.listen(0, '127.0.0.1'), 'listening')
    const { port } = http.address() as AddressInfo
    const others = Promise.all([once(udp, 'listening'), once(tcp, 'listening')])
    udp.bind(port + 1, '127.0.0.1')
    tcp.listen(port + 2, '127.0.0.1')
    const taken = await others.then(
      () => false,
      () => true,
    )
    if (!taken) {
      cleanUp.push(
        () => http.close(),
        () => http.closeAllConnections(),
        () => udp.close(),
        () => tcp.close(),
      )
      return { port, received }
    }
    http.close()
  }
}

describe('printing', () => {
  it('gives the same bytes for the same seed and start', async () => {
    const options = { start, duration: 120_000, seed: 3, clock: new SimulatedClock(start + 3_600_000) }
    const first = await printed(options)
    expect(await printed(options)).toEqual(first)
    expect(first.length).toBeGreaterThan(1000)
  })

  it('tells the past at once and nothing of the future', async () => {
    const clock = new SimulatedClock(start)
    const lines: DemoEvent[] = []
    const running = demo({ backfill: 600_000, clock, print: line => void lines.push(JSON.parse(line)) })
    const run = running.run()
    await expect.poll(() => lines.at(-1)?.time ?? 0, patient).toBeGreaterThan(start - 1000)
    expect(lines[0]!.time).toBeLessThan(start - 599_000)
    expect(latest(lines)).toBeLessThan(start)
    clock.advance(60_000)
    await expect.poll(() => lines.at(-1)!.time, patient).toBeGreaterThan(start + 59_000)
    expect(latest(lines)).toBeLessThan(start + 60_000)
    running.stop()
    await run
  })

  it('begins in the past where time passes faster, catches up with now and stays there', async () => {
    const clock = new SimulatedClock(start)
    const lines: DemoEvent[] = []
    const running = demo({ speed: 10, rate: 5, clock, print: line => void lines.push(JSON.parse(line)) })
    const run = running.run()
    const minutes = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        clock.advance(60_000)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
    await minutes(2)
    await expect.poll(() => lines.at(-1)!.time, patient).toBeGreaterThan(start - 41 * 60_000)
    expect(lines.at(-1)!.time).toBeLessThan(start - 39 * 60_000)
    await minutes(6)
    await expect.poll(() => lines.at(-1)!.time, patient).toBeGreaterThan(clock.now() - 5_000)
    expect(latest(lines)).toBeLessThan(clock.now())
    running.stop()
    await run
  })
})

describe('sending', () => {
  it('sends each host over its own protocol, all that happened and nothing else', async () => {
    const { port, received } = await listen()
    // So far ahead that the listeners' clock plays no part, and fast enough to be over in two seconds.
    const options: DemoOptions = { start, duration: 40_000, speed: 20, seed: 5 }
    await demo({ ...options, port }).run()
    const expected = await printed({ start, duration: 40_000, seed: 5 })
    await expect.poll(() => received.tcp.length, patient).toBe(expected.filter(by('tcp')).length)
    await expect.poll(() => received.udp.length, patient).toBe(expected.filter(by('udp')).length)
    for (const way of ['http', 'tcp', 'udp'] as const) {
      expect(received[way]).toEqual(expected.filter(by(way)))
      expect(received[way].length).toBeGreaterThan(50)
    }
  })

  it('sends the past over HTTP, all of it', async () => {
    const { port, received } = await listen()
    await demo({ start, duration: 1_800_000, backfill: 1_800_000, rate: 100, port }).run()
    expect(received.http).toEqual(await printed({ start, duration: 1_800_000, rate: 100 }))
    expect(received.udp).toEqual([])
  })

  it.skipIf(!linux)(
    `opens sockets while the leak lasts, says so, and closes them when it is stopped${linux ? '' : ' (skipped: needs /proc)'}`,
    async () => {
      const { port } = await listen()
      const said: string[] = []
      const before = descriptors()
      const incidents = [incidentNamed('socket-leak')!]
      const running = demo({ port, start, speed: 60, rate: 2, incidents, sockets: 120, say: line => said.push(line) })
      const run = running.run()
      await expect.poll(() => said.join('\n'), patient).toContain('socket-leak: every third or fourth request answered')
      await expect.poll(() => descriptors(), patient).toBeGreaterThan(before + 60)
      running.stop()
      await run
      await expect.poll(() => descriptors(), patient).toBeLessThanOrEqual(before + 10)
      expect(said.join('\n')).toContain('type = page_load | count() by 10s')
    },
  )

  it('goes on where nobody listens, and stops when told to', async () => {
    const said: string[] = []
    const running = demo({ port: 9, say: line => said.push(line) })
    const run = running.run()
    await expect.poll(() => said[0], patient).toContain('nobody answers at http://127.0.0.1:9')
    running.stop()
    await run
    expect(said.at(-1)).toMatch(/^\d+ events were lost on the way$/)
  })
})

/** How many files and sockets this process has open. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

function latest(events: readonly DemoEvent[]): number {
  return events.reduce((time, event) => Math.max(time, event.time), 0)
}

function by(way: 'http' | 'udp' | 'tcp'): (event: DemoEvent) => boolean {
  return ({ hostname }) => protocolOf(hostname) === way
}
