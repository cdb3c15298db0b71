import type { Live } from '../live.ts'
import type { Flight } from './flight.ts'
import type { Door } from './knock.ts'
import { Stage } from './stage.ts'

export interface DoorsParts {
  live: Pick<Live, 'join'>
  /** Whether senders are refused now. */
  busy: () => boolean
  hostname: string
  /** Of this run of the program: no other's events are taken for ours. */
  run: string
  /** ms one may be away. */
  limit: number
  /** ms between two that are sent. */
  every: number
  /** The canary's own time, in ms. */
  now: () => number
}

/**
 * The ways in that a sender uses, taken in turn: an event is sent over one as a sender would, must be answered where its sender would
 * be, and must be seen by who watches live. A listener that is dead, or a port that somebody else has, is noticed so.
 */
export class Doors {
  readonly stages: readonly Stage[]
  readonly #doors: readonly { door: Door; stage: Stage }[]
  readonly #parts: DoorsParts
  readonly #watcher: ReturnType<Live['join']>
  #watching = false
  #sent = 0

  constructor(parts: DoorsParts, doors: readonly Door[]) {
    this.#parts = parts
    const { limit, every } = parts
    const hold = Math.max(limit, 2 * every * doors.length)
    this.#doors = doors.map(door => ({ door, stage: new Stage({ name: door.name, limit, hold }) }))
    this.stages = this.#doors.map(({ stage }) => stage)
    this.#watcher = parts.live.join({ send: message => this.#heard(message), waiting: 0 })
  }

  /** The next has its turn. */
  next(): void {
    const each = this.#doors[this.#sent % Math.max(1, this.#doors.length)]
    if (each === undefined || this.#parts.busy()) return
    const id = `${this.#parts.run}-at-${++this.#sent}`
    each.stage.expect({ id, time: 0, upto: Number.POSITIVE_INFINITY, seen: false, misses: 0 }, this.#parts.now())
    this.#watch(true)
    this.#knock(each.door, each.stage)
  }

  /** Once more where none was heard: datagrams may be lost. Where nobody can hear any, none is waited for. */
  look(hearing: boolean): void {
    const now = this.#parts.now()
    for (const { door, stage } of this.#doors)
      if (!hearing || this.#parts.busy()) stage.forget()
      else if (stage.newest !== undefined && stage.behind(now) > AGAIN) this.#knock(door, stage)
  }

  stop(): void {
    this.#watcher.leave()
  }

  #knock({ knock }: Door, stage: Stage): void {
    const flight = stage.newest!
    const event = {
      type: 'telltale_canary',
      hostname: this.#parts.hostname,
      canary: flight.id,
      over: stage.name,
    }
    knock(Buffer.from(JSON.stringify(event))).then(
      () => {
        flight.answered = true
        this.#came(stage, flight)
      },
      (error: Error) => {
        stage.trouble = error.message
      },
    )
  }

  #heard(message: string): void {
    const { events } = JSON.parse(message) as { events?: { additional_info?: { canary?: unknown } }[] }
    for (const { additional_info } of events ?? [])
      for (const stage of this.stages) {
        const flight = stage.of(String(additional_info?.canary))
        if (flight === undefined) continue
        flight.seen = true
        this.#came(stage, flight)
      }
  }

  #came(stage: Stage, flight: Flight): void {
    if (!flight.seen || !flight.answered) return
    stage.found(flight, this.#parts.now())
    if (this.stages.every(({ newest }) => newest === undefined)) this.#watch(false)
  }

  #watch(watching: boolean): void {
    if (this.#watching === watching) return
    this.#watching = watching
    this.#watcher.receive({
      id: 'doors',
      ...(watching ? { query: `canary ~ "${this.#parts.run}-at-*"` } : { unsubscribe: true }),
    })
  }
}

/** ms after which it is tried again. */
const AGAIN = 900
