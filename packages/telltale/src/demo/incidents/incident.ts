import type { Conditions } from '../conditions.ts'
import type { Random } from '../random.ts'
import type { DemoEvent } from '../shop/moment.ts'

/** Something that goes wrong in the shop, so that there is something to notice. */
export interface Incident {
  name: string
  /** For the eye, a few words. */
  title: string
  /** What happens, what it looks like, what the cause is. One paragraph. */
  story: string
  /** Queries that show it, the most telling first. */
  queries: readonly string[]
  /** One occurrence of it; each differs a little. */
  play(random: Random): Play
}

export interface Play {
  /** ms. */
  length: number
  /** What is different, so many ms after it began. */
  conditions(elapsed: number): Partial<Conditions>
  /** What people and tools do meanwhile: `at` ms after it began. In order. */
  marks?: readonly Mark[]
}

export interface Mark {
  at: number
  /** @param version the regular release */
  events(time: number, version: string): DemoEvent[]
}

export const MINUTE = 60_000

/** 0 before `from`, 1 after `to`, straight in between. */
export function ramp(elapsed: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (elapsed - from) / (to - from)))
}
