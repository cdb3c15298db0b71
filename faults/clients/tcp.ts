import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Desk } from '../crowd.ts'
import type { Parcel } from '../ledger.ts'
import { linesOf } from './lines.ts'

/** Parcels sent and not wholly answered beyond which a client waits. */
const WINDOW = 6

/** A client that writes lines over TCP and reads the answers, which count the events in the order they were sent. */
export async function tcp(desk: Desk): Promise<void> {
  for (let at = await desk.address(); at !== undefined; at = await desk.address()) {
    const socket = connect(at.tcp, '127.0.0.1')
    const connection = new Connection(socket, desk)
    try {
      await once(socket, 'connect')
      socket.write('{"telltale":"ack"}\n')
      while (!socket.destroyed && (await connection.room())) {
        const parcel = await desk.parcel()
        if (parcel === undefined) break
        connection.send(parcel)
      }
      if (!socket.destroyed) socket.end()
      await connection.closed
    } catch {
      socket.destroy()
    }
    connection.abandon()
  }
}

class Connection {
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #desk: Desk
  /** In the order sent; `at` is the next of the first that was not answered. */
  readonly #outstanding: Parcel[] = []
  #at = 0
  #wake: () => void = () => {}

  constructor(socket: Socket, desk: Desk) {
    this.#socket = socket
    this.#desk = desk
    this.closed = new Promise(resolve =>
      socket.once('close', () => {
        this.#wake()
        resolve()
      }),
    )
    socket.on('error', () => {})
    let rest = ''
    socket.setEncoding('utf8').on('data', text => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) this.#answer(line)
    })
  }

  send(parcel: Parcel): void {
    if (this.#outstanding.length === 0) this.#at = parcel.first
    this.#outstanding.push(parcel)
    this.#socket.write(linesOf(parcel))
  }

  /** Resolves once more may be sent; false where the connection is gone. */
  async room(): Promise<boolean> {
    while (this.#outstanding.length >= WINDOW && !this.#socket.destroyed)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    return !this.#socket.destroyed && this.#socket.writable
  }

  /** What was not answered is nobody's promise. */
  abandon(): void {
    for (const [i, { first, count }] of this.#outstanding.splice(0).entries())
      this.#desk.ledger.unanswered(i === 0 ? this.#at : first, first + count)
  }

  #answer(line: string): void {
    const told = JSON.parse(line) as { accepted: number; rejected: { index: number }[]; error?: string }
    // It does not say how many it is about, so they count as unanswered; the connection ends.
    if (told.error !== undefined) return
    const refused = new Set(told.rejected.map(({ index }) => index))
    const count = told.accepted + refused.size
    for (let i = 0; i < count; i++) {
      const parcel = this.#outstanding[0]
      if (parcel === undefined) {
        this.#desk.ledger.surprises.push(`TCP answered ${count - i} events that were never sent`)
        break
      }
      this.#desk.ledger.told(parcel, this.#at++, !refused.has(i))
      if (this.#at < parcel.first + parcel.count) continue
      this.#outstanding.shift()
      this.#at = this.#outstanding[0]?.first ?? 0
    }
    this.#desk.acknowledged('tcp')
    this.#wake()
  }
}
