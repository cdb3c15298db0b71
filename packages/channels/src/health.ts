import { hostname as ownName } from 'node:os'
import {
  constants,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks'
import process from 'node:process'
import type { EventInput, Json } from '@telltale/event'
import type { Channel, ChannelContext } from './channel.ts'
import { interval } from './interval.ts'
import { untold } from './untold.ts'

export interface HealthOptions {
  /** Time between events: `5s`, or ms. Default 5 s. */
  every?: string | number
  /** Numbers of other parts, asked each time: ring, journal, rates. What is measured here wins over a like name. */
  more?: () => Record<string, number>
  /** Hostname of the events. Default the machine's. */
  hostname?: string
  /** Default `health`. */
  name?: string
}

/** How often the event loop's delay is sampled, in ms. */
const RESOLUTION = 10
const NS = 1e6

/** How Telltale's own process does, as `telltale_health` events: docs/host.md lists the fields. */
export function health(options: HealthOptions = {}): Channel {
  return new Health(options)
}

class Health implements Channel {
  readonly name: string
  readonly address: string
  readonly #every: number
  readonly #more: () => Record<string, number>
  readonly #pauses = new Pauses()
  #delay: IntervalHistogram | undefined
  #cancel: () => void = () => {}
  #cpu = process.cpuUsage()
  #at = performance.now()

  /** @throws where `every` is no time */
  constructor({ every = '5s', more = () => ({}), hostname = ownName(), name = 'health' }: HealthOptions) {
    this.name = name
    this.address = hostname
    this.#every = interval(every, 'health({ every })')
    this.#more = more
  }

  async start(context: ChannelContext): Promise<void> {
    this.#pauses.start()
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.#delay.enable()
    this.#cpu = process.cpuUsage()
    this.#at = performance.now()
    this.#cancel = context.clock.every(this.#every, () => this.#tell(context))
  }

  async stop(): Promise<void> {
    this.#cancel()
    this.#delay?.disable()
    this.#pauses.stop()
  }

  #tell({ intake, clock, log }: ChannelContext): void {
    const { busy } = intake
    if (busy !== undefined) {
      intake.dropped(this.name, 1, busy.reason)
      return
    }
    let more: Record<string, number> = {}
    try {
      more = this.#more()
    } catch (error) {
      log(`${this.name}: BUG: the numbers of other parts could not be had: ${(error as Error).message}`)
    }
    const additional_info = { ...more, ...this.#measure() }
    const event: EventInput = { type: 'telltale_health', hostname: this.address, time: clock.now(), additional_info }
    untold(intake, this.name, intake.add([event], { channel: this.name, address: this.address }))
  }

  #measure(): Record<string, Json> {
    const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const now = performance.now()
    const { user, system } = process.cpuUsage(this.#cpu)
    const cpu = (user + system) / 10 / Math.max(1, now - this.#at)
    this.#cpu = process.cpuUsage()
    this.#at = now
    const delay = this.#delay!
    // The histogram holds the time between two samples; only what is beyond the resolution is delay.
    const late = (ns: number): number => digits(Math.max(0, ns / NS - RESOLUTION))
    const told = {
      event_loop_delay_p50_ms: late(delay.percentile(50)),
      event_loop_delay_p99_ms: late(delay.percentile(99)),
      event_loop_delay_max_ms: late(delay.max),
      ...this.#pauses.read(),
      heap_used_bytes: heapUsed,
      heap_total_bytes: heapTotal,
      external_bytes: external,
      array_buffers_bytes: arrayBuffers,
      rss_bytes: rss,
      cpu_percent: digits(cpu),
      active_handles: process.getActiveResourcesInfo().length,
      uptime_seconds: Math.round(process.uptime()),
    }
    delay.reset()
    return told
  }
}

/** The pauses of the garbage collector since it was last asked. */
class Pauses {
  #count = 0
  #major = 0
  #total = 0
  #longest = 0
  readonly #observer = new PerformanceObserver(list => this.#note(list.getEntries()))

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  stop(): void {
    this.#observer.disconnect()
  }

  read(): Record<string, number> {
    this.#note(this.#observer.takeRecords())
    const told = {
      gc_count: this.#count,
      gc_major_count: this.#major,
      gc_total_ms: digits(this.#total),
      gc_max_ms: digits(this.#longest),
    }
    this.#count = this.#major = this.#total = this.#longest = 0
    return told
  }

  #note(entries: PerformanceEntry[]): void {
    for (const entry of entries) {
      const { duration } = entry
      this.#count++
      if ((entry as { detail?: { kind?: number } }).detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.#major++
      this.#total += duration
      this.#longest = Math.max(this.#longest, duration)
    }
  }
}

function digits(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
