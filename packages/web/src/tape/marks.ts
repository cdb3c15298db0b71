import type { SeenEvent } from '../text/event.ts'
import { Names } from './names.ts'

/**
 * The latest marks of the tape: a ring of typed arrays, oldest overwritten first. The newest `held` of them keep their
 * event too, for hover and the list. A mark of the past that stands for many events has their number as its weight.
 */
export class Marks {
  readonly types: Names = new Names()
  readonly hosts: Names = new Names()
  readonly capacity: number
  readonly time: Float64Array
  readonly type: Uint16Array
  readonly host: Uint16Array
  readonly weight: Uint32Array
  /** Which event a mark has: its number among all held, from 1; 0 for none. */
  readonly #serial: Uint32Array
  readonly #events: (SeenEvent | undefined)[]
  #pushed = 0
  #seen = 0

  /** The capacity is a power of two. */
  constructor(capacity: number = 1 << 18, held: number = 1 << 14) {
    this.capacity = capacity
    this.time = new Float64Array(capacity)
    this.type = new Uint16Array(capacity)
    this.host = new Uint16Array(capacity)
    this.weight = new Uint32Array(capacity)
    this.#serial = new Uint32Array(capacity)
    this.#events = new Array<SeenEvent | undefined>(held).fill(undefined)
  }

  /** How many were ever pushed; mark n sits at n & (capacity − 1). */
  get pushed(): number {
    return this.#pushed
  }

  get size(): number {
    return Math.min(this.#pushed, this.capacity)
  }

  push(event: SeenEvent): number {
    this.#events[this.#seen++ % this.#events.length] = event
    return this.#put(event.time, this.types.code(event.type), this.hosts.code(event.hostname), 1, this.#seen)
  }

  /** A mark for `weight` events nobody holds. */
  pushMany(time: number, type: string, host: string, weight: number): number {
    return this.#put(time, this.types.code(type), this.hosts.code(host), weight, 0)
  }

  /** The event of mark number `n`, if it is still held. */
  event(n: number): SeenEvent | undefined {
    if (n < 0 || n >= this.#pushed || n < this.#pushed - this.capacity) return undefined
    const serial = this.#serial[n & (this.capacity - 1)]!
    return serial > 0 && serial > this.#seen - this.#events.length
      ? this.#events[(serial - 1) % this.#events.length]
      : undefined
  }

  /** The most recently received events that pass, newest first. */
  newest(most: number, passes: (event: SeenEvent) => boolean = () => true): SeenEvent[] {
    const found: SeenEvent[] = []
    for (let n = this.#seen - 1; n >= 0 && n >= this.#seen - this.#events.length && found.length < most; n--) {
      const event = this.#events[n % this.#events.length]
      if (event && passes(event)) found.push(event)
    }
    return found
  }

  clear(): void {
    this.#pushed = 0
    this.#seen = 0
    this.#events.fill(undefined)
  }

  #put(time: number, type: number, host: number, weight: number, serial: number): number {
    const at = this.#pushed & (this.capacity - 1)
    this.time[at] = time
    this.type[at] = type
    this.host[at] = host
    this.weight[at] = weight
    this.#serial[at] = serial
    return this.#pushed++
  }
}
