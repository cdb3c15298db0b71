import { createSocket } from 'node:dgram'
import { request } from 'node:http'
import { connect } from 'node:net'
import { WebSocket } from 'ws'

/** A way in that can be tried from outside. */
export interface Door {
  readonly name: string
  /** Sends one event, as a sender would, and waits for its answer where there are any. Rejects where it can't be sent. */
  readonly knock: (event: Buffer) => Promise<void>
}

/** ms after which nobody is at home: less than a way in may take, so that why is known by then. */
const PATIENCE = 4000

/**
 * @param address where it listens: `http://…` and `ws://…` with the path that takes events, `tcp://…` or `udp://…`
 * @param token who may send, where there are tokens
 * @returns undefined where it is none of these
 */
export function doorAt(name: string, address: string, token?: string): Door | undefined {
  const [scheme = '', place] = address.split('://')
  const knock = KNOCKS.get(scheme)
  if (knock === undefined || !URL.canParse(`http://${place}`)) return undefined
  const { hostname, port, pathname: path } = new URL(`http://${place}`)
  const to = { host: reachable(hostname.replace(/^\[|\]$/g, '')), port: Number(port), path }
  return { name, knock: event => knock(to, event, token) }
}

interface Place {
  host: string
  port: number
  path: string
}

type Knock = (to: Place, event: Buffer, token: string | undefined) => Promise<void>

const KNOCKS: ReadonlyMap<string, Knock> = new Map<string, Knock>([
  ['http', overHttp],
  ['ws', overWebSocket],
  ['tcp', overTcp],
  ['udp', overUdp],
])

/** From here: who listens everywhere listens here, too. */
function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

function bearer(token: string | undefined): { authorization?: string } {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

function overHttp(to: Place, event: Buffer, token: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', connection: 'close', ...bearer(token) }
    const sent = request({ ...to, method: 'POST', headers, timeout: PATIENCE, agent: false })
    sent.on('response', response => {
      response.resume()
      const { statusCode = 0 } = response
      if (statusCode < 300) resolve()
      else reject(new Error(`HTTP answers with ${statusCode}`))
    })
    sent.on('timeout', () => sent.destroy(new Error('HTTP does not answer')))
    sent.on('error', reject)
    sent.end(event)
  })
}

function overWebSocket({ host, port, path }: Place, event: Buffer, token: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const at = host.includes(':') ? `[${host}]` : host
    const socket = new WebSocket(`ws://${at}:${port}${path}`, { headers: bearer(token) })
    const patience = setTimeout(() => {
      reject(new Error('WebSocket does not answer'))
      socket.terminate()
    }, PATIENCE)
    socket.on('open', () => socket.send(event, { binary: false }))
    socket.on('message', data => {
      const answer = String(data).slice(0, 200)
      if (answer.startsWith('{"accepted":1,')) resolve()
      else reject(new Error(`WebSocket answers with ${answer}`))
      socket.close()
    })
    socket.on('error', reject)
    socket.on('close', code => {
      clearTimeout(patience)
      reject(new Error(`WebSocket closes with ${code}`)) // where it did so before it answered
    })
  })
}

function overTcp({ host, port }: Place, event: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('TCP does not answer')))
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.resume()
    socket.end(Buffer.concat([event, Buffer.from('\n')]))
  })
}

function overUdp({ host, port }: Place, event: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.on('error', reject)
    socket.send(event, port, host, error => {
      socket.close()
      if (error === null) resolve()
      else reject(error)
    })
  })
}
