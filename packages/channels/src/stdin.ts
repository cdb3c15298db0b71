import { hostname } from 'node:os'
import type { Readable } from 'node:stream'
import { LineSplitter } from '@telltale/event'
import type { Channel, ChannelContext } from './channel.ts'
import { Delivery } from './delivery.ts'
import type { Plain } from './plain.ts'
import { Reading } from './reading.ts'

export interface StdinOptions {
  /** What becomes of lines that are no JSON. Default `message`. */
  plain?: Plain
  /** Type of events that name none. */
  type?: string
  /** Bytes that are not journaled yet, beyond which it is not read. Default 4 MB. */
  unjournaled?: number
  /** Default process.stdin. */
  stream?: Readable
}

/** Standard input, line by line. */
export interface StdinChannel extends Channel {
  /** Resolves once the input has ended and all of it is handed over and journaled. */
  readonly ended: Promise<void>
}

/** Lines of standard input: JSON lines are events, others bare messages. It reads no faster than is journaled. */
export function stdin(options: StdinOptions = {}): StdinChannel {
  return new Stdin(options)
}

class Stdin implements StdinChannel {
  readonly name = 'stdin'
  readonly ended: Promise<void>
  readonly #options: StdinOptions
  #end: () => void = () => {}
  #reading: Reading | undefined

  constructor(options: StdinOptions) {
    this.#options = options
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  async start({ intake }: ChannelContext): Promise<void> {
    const { plain = 'message', type, unjournaled, stream = process.stdin } = this.#options
    const sender = { channel: this.name, address: hostname(), ...(type === undefined ? {} : { type }) }
    this.#reading = new Reading(stream)
    void this.#run(this.#reading, new Delivery(intake, sender, { unjournaled, plain, untold: true })).then(this.#end)
  }

  async stop(): Promise<void> {
    if (this.#reading === undefined) return
    this.#reading.stop()
    await this.ended
  }

  async #run(reading: Reading, delivery: Delivery): Promise<void> {
    const lines = new LineSplitter()
    for (let chunk = await reading.next(); chunk !== undefined; chunk = await reading.next())
      await delivery.lines(lines.push(chunk))
    const last = lines.end()
    await (reading.whole ? delivery.lines(last) : delivery.last(last, false))
    await delivery.settled()
  }
}
