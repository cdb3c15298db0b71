import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { eventually, start } from './program.ts'

const ipv6 = Object.values(networkInterfaces()).some(list => list?.some(({ family }) => family === 'IPv6'))

test.skipIf(!ipv6)(
  'who sends by IPv4 to one that listens on :: is named by its IPv4 address on every channel',
  async () => {
    const program = await start({ args: ['--host', '::'], env: { TELLTALE_TOKEN: 'secret' } })
    const headers = { authorization: 'Bearer secret' }
    const url = `http://127.0.0.1:${program.port}`
    try {
      const { status } = await fetch(`${url}/v1/events`, { method: 'POST', headers, body: '{"type":"by_http"}' })
      expect(status).toBe(202)
      const web = new WebSocket(`${url.replace('http', 'ws')}/v1/send`, { headers })
      await once(web, 'open')
      web.send('{"type":"by_websocket"}')
      connect(program.port + 2, '127.0.0.1').end('{"type":"by_tcp"}\n')
      const datagrams = createSocket('udp4')
      datagrams.send('{"type":"by_udp"}', program.port + 1, '127.0.0.1', () => datagrams.close())
      const hosts = async (): Promise<unknown[][]> => {
        const query = 'type ~ "by_*" | count() by type, hostname | sort type'
        const answer = await fetch(`${url}/v1/query`, { method: 'POST', headers, body: JSON.stringify({ query }) })
        return ((await answer.json()) as { rows: unknown[][] }).rows
      }
      const rows = await eventually(hosts, ({ length }) => length === 4)
      expect(rows).toEqual(['http', 'tcp', 'udp', 'websocket'].map(way => [`by_${way}`, '127.0.0.1', 1]))
      web.close()
    } finally {
      await program.stop()
    }
  },
  60_000,
)
