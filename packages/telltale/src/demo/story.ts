import { type Conditions, calm } from './conditions.ts'
import type { Incident } from './incidents/incident.ts'
import { type Calm, schedule, type Turn } from './schedule.ts'
import { release } from './shop/deploys.ts'
import { type DemoEvent, STEP } from './shop/moment.ts'
import { shop } from './shop/shop.ts'

export interface StoryOptions {
  seed: number
  rate: number
  /** ms since the epoch. */
  start: number
  incidents: readonly Incident[]
  calm: Calm
}

/** What happened in one step. */
export interface Chapter {
  events: DemoEvent[]
  conditions: Conditions
  began?: Turn
  ended?: Turn
}

export interface Story {
  /** How far the story is told, in ms since the epoch: the end of the last step. */
  readonly time: number
  /** Tells the next {@link STEP}. Reads no clock: the same options give the same chapters. */
  step(): Chapter
}

/** The shop and what goes wrong in it. */
export function story({ seed, rate, start, incidents, calm: pauses }: StoryOptions): Story {
  const life = shop({ seed: String(seed), rate, start })
  const turns = schedule(incidents, String(seed), pauses)
  let turn: Turn | undefined = turns.next().value ?? undefined
  let time = start

  /** What people and tools do within this step. */
  function besides({ play, begins }: Turn, elapsed: number): DemoEvent[] {
    const since = elapsed - begins
    const due = (play.marks ?? []).filter(({ at }) => at >= since && at < since + STEP)
    return due.flatMap(mark => mark.events(start + begins + Math.floor(mark.at), release(elapsed)))
  }

  return {
    get time() {
      return time
    },
    step() {
      const elapsed = time - start
      const ended = turn !== undefined && elapsed === turn.ends ? turn : undefined
      if (ended !== undefined) turn = turns.next().value ?? undefined
      const current = turn !== undefined && elapsed >= turn.begins ? turn : undefined
      const began = current !== undefined && elapsed === current.begins ? current : undefined
      const conditions =
        current === undefined ? calm : { ...calm, ...current.play.conditions(elapsed - current.begins) }
      const events = life.step(time, time + STEP, conditions, current === undefined ? [] : besides(current, elapsed))
      time += STEP
      return { events, conditions, ...(began && { began }), ...(ended && { ended }) }
    },
  }
}
