import { setTimeout as sleep } from 'node:timers/promises'
import { http } from './clients/http.ts'
import { tcp } from './clients/tcp.ts'
import { websocket } from './clients/websocket.ts'
import type { Ledger, Parcel } from './ledger.ts'
import type { Address } from './program.ts'
import type { Random } from './random.ts'

/** What a client needs: where to send, what, and where to tell what it was answered. */
export interface Desk {
  readonly ledger: Ledger
  readonly random: Random
  /** Where the program is; undefined once the client is to end. */
  address(): Promise<Address | undefined>
  /** What to send next; after a pause, unless all is to be had. Undefined once the client is to end. */
  parcel(): Promise<Parcel | undefined>
  /** A client of that channel was acknowledged something. */
  acknowledged(channel: Channel): void
}

export type Channel = 'http' | 'tcp' | 'websocket'
const CLIENTS: Readonly<Record<Channel, (desk: Desk) => Promise<void>>> = { http, tcp, websocket }
export const CHANNELS = Object.keys(CLIENTS) as Channel[]

/** A client's longest pause while there is no load, ms. */
const CALM = 300
/** Events in one go. */
const BURST = 5_000

/** Clients on every channel that answers, sending numbered events as fast as they are answered, through every failure. */
export class Crowd implements Desk {
  readonly ledger: Ledger
  readonly random: Random
  /** The longest pause between two parcels of one client, ms; 0 is full load. */
  #pause = CALM
  /** Up to this event. */
  #until = 0
  readonly acks: Record<Channel, number> = { http: 0, tcp: 0, websocket: 0 }
  #address: Address | undefined
  #ended = false
  #clients: Promise<void>[] = []
  #waiting: (() => void)[] = []

  constructor(ledger: Ledger, random: Random) {
    this.ledger = ledger
    this.random = random
  }

  start(perChannel: number): void {
    for (const channel of CHANNELS) for (let i = 0; i < perChannel; i++) this.#clients.push(CLIENTS[channel](this))
  }

  /** A while of load, so long as what was sent can be looked at in a moment. */
  load(pause: number): void {
    this.#pause = pause
    this.#until = this.ledger.next + BURST
  }

  calm(): void {
    this.#until = 0
  }

  /** Tells all where the program is now. */
  direct(address: Address | undefined): void {
    this.#address = address
    if (address !== undefined) for (const go of this.#waiting.splice(0)) go()
  }

  async stop(): Promise<void> {
    this.#ended = true
    for (const go of this.#waiting.splice(0)) go()
    await Promise.all(this.#clients)
  }

  async address(): Promise<Address | undefined> {
    await sleep(this.random.int(1, 20))
    while (!this.#ended && this.#address === undefined) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.#ended ? undefined : this.#address
  }

  async parcel(): Promise<Parcel | undefined> {
    const load = this.ledger.next < this.#until
    const pause = load ? this.#pause : CALM
    if (pause > 0) await sleep(this.random.int(0, pause))
    if (this.#ended) return undefined
    const again = this.ledger.again()
    if (again !== undefined) return again
    const { random } = this
    const count = load && random.oneIn(40) ? random.int(100, 1000) : random.int(1, 20)
    return this.ledger.take(count, random.oneIn(60))
  }

  acknowledged(channel: Channel): void {
    this.acks[channel]++
  }
}
