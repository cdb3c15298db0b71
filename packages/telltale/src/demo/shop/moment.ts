import type { JsonObject } from '@telltale/event'
import type { Conditions } from '../conditions.ts'

/** The story is told in steps of so many ms. */
export const STEP = 100

/** An event as the demo sends it. */
export interface DemoEvent {
  type: string
  hostname: string
  /** ms since the epoch, to the µs. */
  time: number
  tags?: string[]
  additional_info: JsonObject
}

/** A short span of the shop's life, and what it is like. */
export interface Moment {
  /** ms since the epoch, inclusive. */
  from: number
  /** ms since the epoch, exclusive. */
  to: number
  /** ms since the story began, at `from`. */
  elapsed: number
  /** Page views expected in this span, before any incident. */
  views: number
  /** How much larger than a shop of 40 events per second. */
  scale: number
  /** How busy the day is: 1 on average, more in the evening, less at night. */
  daylight: number
  /** Release the web hosts run. */
  version: string
  conditions: Conditions
}

/** A part of the shop: says what it does in a span. It keeps what it must remember, draws from its own randomness, and touches nothing else. */
export type Part = (moment: Moment) => DemoEvent[]

/** A time, in ms, to the µs. */
export function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

/** Times at which something happens every so often within the span. */
export function* beats(moment: Moment, every: number, phase = 0): Generator<number> {
  const first = Math.ceil((moment.elapsed - phase) / every)
  const start = moment.from - moment.elapsed
  for (let n = Math.max(0, first); ; n++) {
    const time = start + phase + n * every
    if (time >= moment.to) return
    yield time
  }
}
