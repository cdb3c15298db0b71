import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { platform } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import type { Intake, Sender } from '@telltale/pipeline'
import type { Channel, ChannelContext } from './channel.ts'
import { kernelDrops } from './kernel-drops.ts'
import { addressOf, listenError, peerAddress } from './listen-error.ts'
import { untold } from './untold.ts'

export interface UdpOptions {
  /** Default 7576; 0 takes any free one. */
  port?: number
  /** Default 127.0.0.1: only this machine can send. */
  host?: string
  /** Receive buffer asked of the system, in bytes. Default 4 MB: a burst is dropped where it is smaller. */
  receiveBuffer?: number
  /** Where two of them run. Default `udp`. */
  name?: string
}

const MB = 1024 * 1024
/** How often the kernel is asked for its drops. */
const DROPS_EVERY = 5_000
/** The longest that stopping goes on reading from senders that do not pause, in turns of the event loop. */
const LAST_TURNS = 1_000

/**
 * Events as datagrams: one holds one event or several lines of NDJSON, up to 65,507 bytes. UDP can not push back, so
 * what arrives while the intake is busy is dropped and counted, as is what the kernel had to drop, or the journal refused.
 */
export function udp(options: UdpOptions = {}): Channel {
  return new Udp(options)
}

class Udp implements Channel {
  readonly name: string
  address?: string
  readonly #port: number
  readonly #host: string
  readonly #receiveBuffer: number
  #socket: Socket | undefined
  #received = 0
  #sender: Sender = { channel: '', address: '' }
  #cancel: () => void = () => {}
  #countDrops: () => Promise<void> = async () => {}

  constructor({ port = 7576, host = '127.0.0.1', receiveBuffer = 4 * MB, name = 'udp' }: UdpOptions) {
    this.name = name
    this.#port = port
    this.#host = host
    this.#receiveBuffer = receiveBuffer
  }

  async start({ intake, clock, log }: ChannelContext): Promise<void> {
    const socket = createSocket(isIPv6(this.#host) ? 'udp6' : 'udp4')
    socket.bind(this.#port, this.#host)
    try {
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      throw listenError(error as NodeJS.ErrnoException, 'UDP', this.#host, this.#port)
    }
    this.#socket = socket
    socket.on('error', error => log(`${this.name}: ${error.message}`))
    this.#askForBuffer(socket, log)
    const { address, port } = socket.address()
    this.address = addressOf('udp', address, port)
    socket.on('message', (bytes, from) => this.#take(intake, bytes, from))
    this.#countDrops = dropCounter(address, port, drops =>
      intake.dropped(this.name, drops, `the kernel's receive buffer of ${this.address} was full`, 'kernel'),
    )
    this.#cancel = clock.every(DROPS_EVERY, () => void this.#countDrops())
    await this.#countDrops()
  }

  async stop(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined) return
    this.#socket = undefined
    this.#cancel()
    let before = -1
    for (let turns = 0; before !== this.#received && turns < LAST_TURNS; turns++) {
      before = this.#received
      await turn()
      await turn()
    }
    await this.#countDrops()
    await new Promise<void>(closed => socket.close(closed))
  }

  #take(intake: Intake, bytes: Buffer, from: RemoteInfo): void {
    this.#received++
    const { busy } = intake
    if (busy !== undefined) {
      intake.dropped(this.name, countLines(bytes), busy.reason)
      return
    }
    const address = peerAddress(from.address)
    if (this.#sender.address !== address) this.#sender = { channel: this.name, address }
    untold(intake, this.name, intake.take(bytes, this.#sender))
  }

  #askForBuffer(socket: Socket, log: ChannelContext['log']): void {
    const wanted = this.#receiveBuffer
    try {
      socket.setRecvBufferSize(wanted)
    } catch {
      // Some systems refuse instead of giving less; what there is, is said below.
    }
    // Linux doubles what it is asked for, for its own bookkeeping, and says the double.
    const given = socket.getRecvBufferSize() / (platform() === 'linux' ? 2 : 1)
    if (given < wanted)
      log(
        `${this.name}: the system gives a receive buffer of ${Math.round(given / 1024)} KB instead of ${Math.round(wanted / 1024)} KB, so bursts may be dropped; on Linux: sysctl -w net.core.rmem_max=${wanted}`,
      )
  }
}

/** Reports what was dropped since it was last asked. */
function dropCounter(address: string, port: number, report: (drops: number) => void): () => Promise<void> {
  let known = 0
  return async () => {
    const drops = await kernelDrops(address, port)
    if (drops === undefined || drops <= known) return
    report(drops - known)
    known = drops
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0
  let start = 0
  while (start < bytes.length) {
    let end = bytes.indexOf(10, start)
    if (end < 0) end = bytes.length
    if (end > start) lines++
    start = end + 1
  }
  return lines
}
