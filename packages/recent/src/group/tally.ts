import type { Aggregate, Call, Expression, Moment, State } from '@telltale/query'
import type { Chunk } from '../chunk.ts'
import { compile } from '../filter/compile.ts'
import type { Selection } from '../selection.ts'
import { Distincts } from './distincts.ts'
import { Extremes, type NumberTally, Sketches, Spreads, Totals } from './number-tallies.ts'
import { eachNumber } from './numbers.ts'
import { eachValue } from './values.ts'

/** One aggregate's states for all groups, gathered chunk by chunk. */
export interface Tally {
  /**
   * @param groups each row's group, -1 where it has none
   * @param count how many groups there are by now
   * @param selection the rows that have a group
   */
  add(chunk: Chunk, groups: Int32Array, count: number, selection: Selection): void
  /** As the aggregate wants it. */
  state(group: number): State
}

export function tallyOf({ aggregate, argument }: Call): Tally {
  if (argument === undefined) return aggregate.family === 'count' ? new Rows() : new Anything(aggregate, undefined)
  switch (aggregate.family) {
    case 'count':
      return new Values(argument)
    case 'countif':
      return new Rows(argument)
    case 'total':
      return ofNumbers(argument, new Totals())
    case 'min':
      return ofNumbers(argument, new Extremes(1))
    case 'max':
      return ofNumbers(argument, new Extremes(-1))
    case 'stddev':
      return ofNumbers(argument, new Spreads())
    case 'sketch':
      return ofNumbers(argument, new Sketches())
    case 'uniq':
      return new Distincts(argument)
    default:
      return new Anything(aggregate, argument)
  }
}

function ofNumbers(argument: Expression, tally: NumberTally): Tally {
  const each = eachNumber(argument)
  return {
    add(chunk, groups, count) {
      tally.reserve(count)
      each(chunk, groups, tally)
    },
    state: group => tally.state(group),
  }
}

/** How many rows a group has: all, or those for which a condition holds. */
class Rows implements Tally {
  readonly #counts: Counts = new Counts()
  readonly #condition: ReturnType<typeof compile> | undefined

  constructor(condition?: Expression) {
    this.#condition = condition && compile(condition)
  }

  add(chunk: Chunk, groups: Int32Array, count: number, { rows, count: selected, mask }: Selection): void {
    const counts = this.#counts.of(count)
    const narrow = this.#condition?.(chunk) ?? 'always'
    if (narrow === 'never') return
    if (narrow === 'always') {
      for (let i = 0; i < selected; i++) counts[groups[rows[i]!]!]!++
      return
    }
    const holds = mask.slice()
    narrow(holds)
    for (let i = 0; i < selected; i++) if (holds[rows[i]!] === 1) counts[groups[rows[i]!]!]!++
  }

  state(group: number): number {
    return this.#counts.at(group)
  }
}

/** How many rows of a group have a value. */
class Values implements Tally {
  readonly #counts: Counts = new Counts()
  readonly #each: ReturnType<typeof eachValue>

  constructor(argument: Expression) {
    this.#each = eachValue(argument)
  }

  add(chunk: Chunk, groups: Int32Array, count: number): void {
    const counts = this.#counts.of(count)
    this.#each(chunk, groups, group => counts[group]!++)
  }

  state(group: number): number {
    return this.#counts.at(group)
  }
}

/** A number a group, from 0. */
class Counts {
  #counts: Float64Array = new Float64Array(64)

  of(groups: number): Float64Array {
    if (groups > this.#counts.length) {
      const next = new Float64Array(groups * 2)
      next.set(this.#counts)
      this.#counts = next
    }
    return this.#counts
  }

  at(group: number): number {
    return this.#counts[group] ?? 0
  }
}

/** Any aggregate at all, value by value. */
class Anything implements Tally {
  readonly #aggregate: Aggregate
  readonly #each: ReturnType<typeof eachValue> | undefined
  readonly #numeric: boolean
  readonly #states: State[] = []

  constructor(aggregate: Aggregate, argument: Expression | undefined) {
    this.#aggregate = aggregate
    this.#each = argument && eachValue(argument)
    this.#numeric = aggregate.params[0]?.kind === 'number'
  }

  add(chunk: Chunk, groups: Int32Array, count: number): void {
    const aggregate = this.#aggregate
    const states = this.#states
    while (states.length < count) states.push(aggregate.init())
    const at = (row: number): Moment => ({ time: chunk.time.at(row), seq: chunk.runs.seq(row) })
    if (this.#each !== undefined) {
      this.#each(chunk, groups, (group, value, row) => {
        if (this.#numeric && typeof value !== 'number') return
        states[group] = aggregate.add(states[group], value, at(row))
      })
      return
    }
    for (let row = chunk.first; row < chunk.length; row++) {
      const group = groups[row]!
      if (group >= 0) states[group] = aggregate.add(states[group], true, at(row))
    }
  }

  state(group: number): State {
    return this.#states[group] ?? this.#aggregate.init()
  }
}
