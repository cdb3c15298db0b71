import type { Aggregate, Call, Expression, Moment, State } from '@telltale/query'
import { compile } from '../filter/compile.ts'
import { Distincts } from './distincts.ts'
import type { Assigned, Groups } from './groups.ts'
import { Extremes, type NumberTally, Spreads, Totals } from './number-tallies.ts'
import { eachNumber } from './numbers.ts'
import { Sketches } from './sketches.ts'
import { eachValue } from './values.ts'

/** One aggregate's states for all groups, gathered chunk by chunk. */
export interface Tally {
  add(assigned: Assigned): void
  /** As the aggregate wants it. */
  state(group: number): State
}

export function tallyOf({ aggregate, argument }: Call, groups: Groups): Tally {
  if (argument === undefined) return aggregate.family === 'count' ? rowsOf(groups) : new Anything(aggregate, undefined)
  switch (aggregate.family) {
    case 'count':
      return new Values(argument)
    case 'countif':
      return new Holding(argument)
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
    add(assigned) {
      tally.reserve(assigned.count)
      each(assigned, tally)
    },
    state: group => tally.state(group),
  }
}

/** How many rows a group has: the groups themselves know. */
function rowsOf(groups: Groups): Tally {
  return { add() {}, state: group => groups.rows[group]! }
}

/** For how many rows of a group a condition holds. */
class Holding implements Tally {
  readonly #counts: Counts = new Counts()
  readonly #condition: ReturnType<typeof compile>

  constructor(condition: Expression) {
    this.#condition = compile(condition)
  }

  add(assigned: Assigned): void {
    const { chunk, selection, count } = assigned
    const counts = this.#counts.of(count)
    const narrow = this.#condition(chunk)
    if (narrow === 'never') return
    const holds = selection.mask.slice()
    if (narrow !== 'always') narrow(holds)
    const { groups } = assigned
    for (let row = 0; row < chunk.length; row++) if (holds[row] === 1) counts[groups[row]!]!++
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

  add({ chunk, groups, count }: Assigned): void {
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

  add({ chunk, groups, count }: Assigned): void {
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
