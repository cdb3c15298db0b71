import type { Socket } from 'node:net'
import { type LineBlocks, LineSplitter } from '@telltale/event'
import type { Taken } from '@telltale/pipeline'
import { answer, failure } from './answer.ts'
import type { Delivery } from './delivery.ts'
import { Reading } from './reading.ts'

/** A client's first line, if it wants to be answered. */
const HELLO = /^\{\s*"telltale"\s*:\s*"ack"\s*\}$/
/** How long a peer may take to close its end, in ms. */
const GOODBYE = 2_000

/** One sender over TCP, from its first byte to its last. */
export class TcpConnection {
  /** Resolves once everything it sent is handed over and answered, and the socket is closed. Never rejects. */
  readonly done: Promise<void>
  readonly #socket: Socket
  readonly #delivery: Delivery
  readonly #reading: Reading
  readonly #lines = new LineSplitter()
  #first = true
  #acks = false
  #answering: Promise<void> = Promise.resolve()

  constructor(socket: Socket, delivery: Delivery) {
    this.#socket = socket
    this.#reading = new Reading(socket)
    this.#delivery = delivery
    this.done = this.#run()
  }

  /**
   * Says that it ends, listens to what is still coming for at most ms, and closes. Where the journal is stuck for so long,
   * what it could not take by then is not answered, and is lost if the sender did not ask for answers.
   */
  async finish(ms: number, stuckAfter: number): Promise<void> {
    // Who wants answers must get them first.
    if (!this.#acks) this.#socket.end()
    const timers: NodeJS.Timeout[] = []
    timers.push(setTimeout(() => this.#reading.stop(), ms))
    const stuck = new Promise<void>(resolve => timers.push(setTimeout(resolve, ms + stuckAfter)))
    await Promise.race([this.done, stuck])
    for (const timer of timers) clearTimeout(timer)
    this.#socket.destroy()
  }

  async #run(): Promise<void> {
    const { writableHighWaterMark } = this.#socket
    for (let chunk = await this.#reading.next(); chunk !== undefined; chunk = await this.#reading.next()) {
      await this.#take(this.#lines.push(chunk))
      await this.#reading.until(() => this.#socket.writableLength <= writableHighWaterMark)
    }
    const last = this.#lines.end()
    if (this.#reading.whole) await this.#take(last)
    else this.#promise(await this.#delivery.last(last, this.#acks))
    await this.#answering
    await this.#close()
  }

  async #close(): Promise<void> {
    const socket = this.#socket
    if (socket.closed) return
    if (!this.#acks) return socket.destroySoon()
    socket.end()
    // What it still sends is passed over: were it left unread, the last answers would be lost in a reset.
    socket.removeAllListeners('readable').resume()
    const timeOut = setTimeout(() => socket.destroy(), GOODBYE)
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    clearTimeout(timeOut)
  }

  async #take(lines: LineBlocks): Promise<void> {
    if (this.#first) this.#greet(lines)
    this.#promise(await this.#delivery.lines(lines))
  }

  #promise(all: readonly Taken[]): void {
    if (!this.#acks) return
    for (const taken of all) this.#answering = this.#answering.then(() => this.#answer(taken))
  }

  /** Takes the hello out of the first lines, if there is one. */
  #greet({ blocks, problems }: LineBlocks): void {
    const [first] = blocks
    this.#first = first === undefined && problems.length === 0
    if (first === undefined || problems.length > 0) return
    const end = first.indexOf(10)
    if (end > 64 || !HELLO.test(first.toString('latin1', 0, end).trim())) return
    this.#acks = true
    this.#delivery.withoutHoles()
    blocks[0] = first.subarray(end + 1)
  }

  /** After a failure nothing more is taken and the connection ends: the client sends again what was not answered with `accepted`. */
  async #answer(taken: Taken): Promise<void> {
    let failed = false
    const text = await taken.journaled.then(
      () => answer(taken),
      error => {
        failed = true
        return failure(error)
      },
    )
    if (failed) this.#reading.stop()
    if (!this.#socket.writable) return
    this.#socket.write(`${text}\n`)
    if (failed) this.#socket.end()
  }
}
