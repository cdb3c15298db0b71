import type { Conditions } from '../conditions.ts'
import { Random } from '../random.ts'
import { deploys, release } from './deploys.ts'
import { jobs } from './jobs.ts'
import { attempts } from './logins.ts'
import { logs } from './logs.ts'
import { garbage, vitals } from './machines.ts'
import type { DemoEvent, Part } from './moment.ts'
import { pool } from './pool.ts'
import { visits } from './visits.ts'

/** Events that follow from one page view, on a calm day; measured, and held to by the tests. */
const EVENTS_PER_VIEW = 2.75
/** Events per second that do not depend on visitors. */
const STEADY = 0.97

export interface ShopOptions {
  seed: string
  /** Events per second on average over a calm day. */
  rate: number
  /** When the story begins, in ms since the epoch. */
  start: number
}

export interface Shop {
  /**
   * What happens in the span from `from` (inclusive) to `to` (exclusive), in order of time. Spans must follow each other.
   * @param besides what people and tools do; told of when its time has come
   */
  step(from: number, to: number, conditions: Conditions, besides: readonly DemoEvent[]): DemoEvent[]
}

/** A small shop in production. The same options and the same conditions give the same events. */
export function shop({ seed, rate, start }: ShopOptions): Shop {
  const draw = (name: string): Random => new Random(`${seed}/${name}`)
  const parts: Part[] = [
    visits(draw('visits')),
    attempts(draw('attempts')),
    jobs(draw('jobs')),
    logs(draw('logs')),
    pool(draw('pool')),
    garbage(draw('garbage')),
    vitals(draw('vitals')),
    deploys(),
  ]
  /** What has begun and will be told of when it is done: at most the last few seconds' requests and jobs. */
  let later: DemoEvent[] = []

  return {
    step(from, to, conditions, besides) {
      const daylight = daylightAt(from)
      const elapsed = from - start
      const views = ((Math.max(0, rate - STEADY) / EVENTS_PER_VIEW) * daylight * (to - from)) / 1000
      const version = release(elapsed, conditions.build)
      const moment = { from, to, elapsed, views, scale: rate / 40, daylight, version, conditions }
      const events = [...later, ...besides]
      for (const part of parts) events.push(...part(moment))
      later = events.filter(event => event.time >= to)
      return events.filter(event => event.time < to).sort((a, b) => a.time - b.time)
    },
  }
}

/** How busy the day is: 1 on average, 1.5 at 18:00 UTC, less than a half at 4:00. */
function daylightAt(time: number): number {
  const hour = (time / 3_600_000) % 24
  return 1 + 0.45 * Math.cos(((hour - 16) / 24) * 2 * Math.PI) + 0.15 * Math.cos(((hour - 20) / 12) * 2 * Math.PI)
}
