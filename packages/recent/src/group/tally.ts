import type { Aggregate, Call, Expression, Moment, State, Steps } from '@telltale/query'
import { compile } from '../filter/compile.ts'
import type { Scratch } from '../scratch.ts'
import { Distincts } from './distincts.ts'
import type { Assigned, Groups } from './groups.ts'
import { Extremes, type NumberTally, Spreads, Totals } from './number-tallies.ts'
import { eachNumber } from './numbers.ts'
import { Sketches } from './sketches.ts'
import { eachValue } from './values.ts'

/** One aggregate's states for all groups, gathered chunk by chunk. */
export interface Tally {
  /** It never looks at which group a row has. */
  readonly ofGroups?: boolean
  add(assigned: Assigned): Steps<void>
  /** What is left to do before the states can be had. */
  settling?(): Steps<void>
  /** As the aggregate wants it. */
  state(group: number): State
}

export function tallyOf(call: Call, groups: Groups, scratch: Scratch): Tally {
  const { aggregate, argument } = call
  if (argument === undefined) return aggregate.family === 'count' ? rowsOf(groups) : new Anything(aggregate, undefined)
  switch (aggregate.family) {
    case 'count':
      return new Values(argument)
    case 'countif':
      return new Holding(argument, scratch)
    case 'total':
      return ofNumbers(argument, new Totals(), scratch)
    case 'min':
      return ofNumbers(argument, new Extremes(1), scratch)
    case 'max':
      return ofNumbers(argument, new Extremes(-1), scratch)
    case 'stddev':
      return ofNumbers(argument, new Spreads(), scratch)
    case 'sketch':
      return ofNumbers(argument, new Sketches(), scratch)
    case 'uniq':
      return new Distincts(call, scratch)
    default:
      return new Anything(aggregate, argument)
  }
}

function ofNumbers(argument: Expression, tally: NumberTally, scratch: Scratch): Tally {
  const each = eachNumber(argument, scratch)
  return {
    *add(assigned) {
      tally.reserve(assigned.count)
      yield* each(assigned, tally)
    },
    state: group => tally.state(group),
  }
}

/** How many rows a group has: the groups themselves know. */
function rowsOf(groups: Groups): Tally {
  return { ofGroups: true, *add() {}, state: group => groups.rows[group]! }
}

/** For how many rows of a group a condition holds. */
class Holding implements Tally {
  readonly #counts: Counts = new Counts()
  readonly #condition: ReturnType<typeof compile>

  constructor(condition: Expression, scratch: Scratch) {
    this.#condition = compile(condition, scratch)
  }

  *add(assigned: Assigned): Steps<void> {
    const { chunk, selection, count } = assigned
    const counts = this.#counts.of(count)
    const narrow = yield* this.#condition(chunk)
    if (narrow === 'never') return
    const holds = selection.mask.slice()
    if (narrow !== 'always') yield* narrow(holds)
    countHeld(holds, assigned.groups, counts)
    yield
  }

  state(group: number): number {
    return this.#counts.at(group)
  }
}

function countHeld(holds: Uint8Array, groups: Int32Array, counts: Float64Array): void {
  for (let row = 0; row < holds.length; row++) if (holds[row] === 1) counts[groups[row]!]!++
}

/** How many rows of a group have a value. */
class Values implements Tally {
  readonly #counts: Counts = new Counts()
  readonly #each: ReturnType<typeof eachValue>

  constructor(argument: Expression) {
    this.#each = eachValue(argument)
  }

  *add({ chunk, groups, count }: Assigned): Steps<void> {
    const counts = this.#counts.of(count)
    yield* this.#each(chunk, groups, group => counts[group]!++)
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

/** Rows to a step. */
const ROWS = 1024

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

  *add({ chunk, groups, count }: Assigned): Steps<void> {
    const aggregate = this.#aggregate
    const states = this.#states
    while (states.length < count) states.push(aggregate.init())
    const at = (row: number): Moment => ({ time: chunk.time.at(row), seq: chunk.runs.seq(row) })
    if (this.#each !== undefined) {
      yield* this.#each(chunk, groups, (group, value, row) => {
        if (this.#numeric && typeof value !== 'number') return
        states[group] = aggregate.add(states[group], value, at(row))
      })
      return
    }
    for (let row = chunk.first; row < chunk.length; row++) {
      const group = groups[row]!
      if (group >= 0) states[group] = aggregate.add(states[group], true, at(row))
      if (row % ROWS === ROWS - 1) yield
    }
  }

  state(group: number): State {
    return this.#states[group] ?? this.#aggregate.init()
  }
}
