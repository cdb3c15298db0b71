import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Channel, ChannelContext } from './channel.ts'
import { Delivery } from './delivery.ts'
import { addressOf, listenError, peerAddress } from './listen-error.ts'
import type { Plain } from './plain.ts'
import { TcpConnection } from './tcp-connection.ts'

export interface TcpOptions {
  /** Default 7577; 0 takes any free one. */
  port?: number
  /** Default 127.0.0.1: only this machine can connect. */
  host?: string
  /** Connections at a time; one more is closed at once. Default 1,024. */
  connections?: number
  /** Bytes of one connection that are not journaled yet, beyond which it is not read. Default 4 MB. */
  unjournaled?: number
  /** How long a stop waits for what was taken to be journaled, in ms: answers that come later are none. Default 10,000. */
  stuck?: number
  /** What becomes of lines that are no JSON. Default `refuse`. */
  plain?: Plain
  /** Type of events that name none. */
  type?: string
  /** Where two of them run. Default `tcp`. */
  name?: string
}

/** How long senders that still send are listened to after they were told that it ends, in ms. */
const LAST_WORDS = 250
/** ms of silence after which the system asks whether the peer is still there: one that lost its power never says so. */
const KEEP_ALIVE = 60_000
/** ms between two lines that say that there are too many connections. */
const SAID_EVERY = 60_000

/**
 * Events as lines of JSON over TCP. A connection is not read while the intake is busy or has too much of it that is not
 * journaled, so TCP holds the sender back. A client whose first line is `{"telltale":"ack"}` is answered: a line
 * `{"accepted":n,"rejected":[…]}` for each run of lines, in order, once they are journaled.
 */
export function tcp(options: TcpOptions = {}): Channel {
  return new Tcp(options)
}

class Tcp implements Channel {
  readonly name: string
  address?: string
  readonly #options: TcpOptions
  readonly #connections = new Set<TcpConnection>()
  #server: Server | undefined

  constructor(options: TcpOptions) {
    this.name = options.name ?? 'tcp'
    this.#options = options
  }

  async start(context: ChannelContext): Promise<void> {
    const { port = 7577, host = '127.0.0.1', connections = 1_024 } = this.#options
    const options = { allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE }
    const server = createServer(options, socket => this.#accept(socket, context))
    server.maxConnections = connections
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch (error) {
      throw listenError(error as NodeJS.ErrnoException, 'TCP', host, port)
    }
    this.#server = server
    server.on('error', error => context.log(`${this.name}: ${error.message}`))
    const full = `${connections} connections are open, more are closed at once; tcp({ connections }) raises it`
    let said = Number.NEGATIVE_INFINITY
    server.on('drop', () => {
      context.intake.turnedAway(this.name, full)
      if (context.clock.elapsed() - said < SAID_EVERY) return
      said = context.clock.elapsed()
      context.log(`${this.name}: ${full}`)
    })
    const bound = server.address() as AddressInfo
    this.address = addressOf('tcp', bound.address, bound.port)
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    await Promise.all(
      [...this.#connections].map(connection => connection.finish(LAST_WORDS, this.#options.stuck ?? 10_000)),
    )
    await closed
  }

  #accept(socket: Socket, { intake }: ChannelContext): void {
    const { unjournaled, plain, type } = this.#options
    const address = peerAddress(socket.remoteAddress)
    const sender = { channel: this.name, address, ...(type === undefined ? {} : { type }) }
    const connection = new TcpConnection(socket, new Delivery(intake, sender, { unjournaled, plain, untold: true }))
    this.#connections.add(connection)
    void connection.done.finally(() => this.#connections.delete(connection))
  }
}
