import type { Event } from '@telltale/event'
import { type Call, ofEvent, type Scalar, type Steps, scalarOf, sorting, valuer } from '@telltale/query'
import type { ChunkView } from '../chunk-view.ts'
import { EVENTS } from '../event-steps.ts'
import { byAge, type Place } from '../place.ts'
import type { Assigned } from './groups.ts'

/** Rows to a step. */
const ROWS = 512
/** Kept beyond what is needed, so that few are not sorted all the time. */
const SPARE = 64

/**
 * For `over 100 events`: no states but the latest events of each group, since only the whole of ring and history tells
 * which are the latest. Their arguments are computed at the end, for those that are left.
 */
export class Kept {
  readonly #most: number
  readonly #arguments: readonly ((event: Event) => Scalar)[]
  readonly #groups: Place[][] = []

  constructor(most: number, calls: readonly Call[]) {
    this.#most = most
    this.#arguments = calls.map(argumentOf)
  }

  *add({ chunk, groups }: Assigned, at: number): Steps<void> {
    for (let row = chunk.first; row < chunk.length; row++) {
      if (row % ROWS === ROWS - 1) yield
      const group = groups[row]!
      if (group < 0) continue
      const places = (this.#groups[group] ??= [])
      places.push({ time: chunk.time.at(row), seq: chunk.runs.seq(row), chunk: at, row })
      if (places.length >= 2 * this.#most + SPARE) this.#groups[group] = yield* this.#latest(places)
    }
  }

  /** The latest of a group, oldest first. */
  *state(group: number, chunks: readonly ChunkView[]): Steps<unknown[]> {
    const kept: unknown[] = []
    for (const { time, seq, chunk, row } of yield* this.#latest(this.#groups[group] ?? [])) {
      const event = chunks[chunk]!.event(row)
      kept.push({ time, seq, values: this.#arguments.map(value => value(event)) })
      if (kept.length % EVENTS === 0) yield
    }
    return kept
  }

  *#latest(places: Place[]): Steps<Place[]> {
    return (yield* sorting(places, byAge)).slice(-this.#most)
  }
}

/** The argument of a call for an event: null where it is missing, or no number where one is wanted. */
function argumentOf({ argument, aggregate }: Call): (event: Event) => Scalar {
  if (argument === undefined) return () => null
  const value = valuer(argument, ofEvent)
  const numeric = aggregate.params[0]?.kind === 'number'
  return event => {
    const found = value(event)
    return numeric && typeof found !== 'number' ? null : scalarOf(found)
  }
}
