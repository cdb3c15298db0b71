import { type Incident, MINUTE, type Play } from './incidents/incident.ts'
import { Random } from './random.ts'
import { STEP } from './shop/moment.ts'

/** One incident's turn. Times in ms after the story began, whole steps. */
export interface Turn {
  incident: Incident
  play: Play
  begins: number
  ends: number
}

export interface Calm {
  /** Before the first incident, in ms. */
  before: number
  /** Between two, in ms. */
  between: number
}

/** Every incident in turn, calm in between, over and over. The same seed gives the same turns. */
export function* schedule(incidents: readonly Incident[], seed: string, calm: Calm): Generator<Turn> {
  if (incidents.length === 0) return
  let begins = calm.before
  for (let n = 0; ; n++) {
    const incident = incidents[n % incidents.length]!
    const play = incident.play(new Random(`${seed}/${incident.name}/${n}`))
    const ends = begins + Math.ceil(play.length / STEP) * STEP
    yield { incident, play, begins, ends }
    begins = ends + calm.between
  }
}

/** Two minutes to know the shop, two to three between incidents. */
export const USUAL_CALM: Calm = { before: 2 * MINUTE, between: 2.5 * MINUTE }
/** Where somebody asked for an incident by name, it need not keep them waiting. */
export const SHORT_CALM: Calm = { before: 30_000, between: 90_000 }
