import type { Event } from '@telltale/event'
import { type Call, ofEvent, type Scalar, scalarOf, valuer } from '@telltale/query'
import type { Chunk } from '../chunk.ts'
import { byAge, type Place } from '../place.ts'
import type { Assigned } from './groups.ts'

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

  add({ chunk, groups }: Assigned, at: number): void {
    for (let row = chunk.first; row < chunk.length; row++) {
      const group = groups[row]!
      if (group < 0) continue
      const places = (this.#groups[group] ??= [])
      places.push({ time: chunk.time.at(row), seq: chunk.runs.seq(row), chunk: at, row })
      if (places.length >= 2 * this.#most) this.#groups[group] = this.#latest(places)
    }
  }

  /** The latest of a group, oldest first. */
  state(group: number, chunks: readonly Chunk[]): unknown[] {
    return this.#latest(this.#groups[group] ?? []).map(({ time, seq, chunk, row }) => {
      const event = chunks[chunk]!.event(row)
      return { time, seq, values: this.#arguments.map(value => value(event)) }
    })
  }

  #latest(places: Place[]): Place[] {
    return places.sort(byAge).slice(-this.#most)
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
