import {
  addToSketch,
  type Call,
  type Kept,
  keep,
  type Moment,
  type Plan,
  predicate,
  type Scalar,
  type Sketch,
  type State,
} from '@telltale/query'
import { PaneSketch } from './pane-sketch.ts'
import type { Sources } from './sources.ts'

/** Adds one row of the batch to the states of its group. */
export type Adder = (states: State[], row: number, at: Moment) => void

/** What a plan does with a row that counts. */
export function adderOf(plan: Plan, sources: Sources): Adder {
  if (plan.latest !== undefined) return keeper(plan, plan.latest, sources)
  const own = plan.calls.flatMap((call, i) => (call.slot === i ? [callAdder(call, i, sources)] : []))
  const shared = plan.calls.flatMap(({ slot }, i) => (slot === i ? [] : [[i, slot] as const]))
  if (own.length === 1 && shared.length === 0) return own[0]!
  return (states, row, at) => {
    for (let i = 0; i < own.length; i++) own[i]!(states, row, at)
    for (let i = 0; i < shared.length; i++) states[shared[i]![0]] = states[shared[i]![1]]
  }
}

function callAdder({ aggregate, argument }: Call, i: number, sources: Sources): Adder {
  const { family } = aggregate
  if (argument === undefined) {
    if (family === 'count') return states => void (states[i] = (states[i] as number) + 1)
    return (states, _, at) => void (states[i] = aggregate.add(states[i], true, at))
  }
  switch (aggregate.params[0]!.kind) {
    case 'number': {
      const numbers = sources.numbers(argument)
      if (family === 'sketch')
        return (states, row) => {
          const value = numbers.of(row)
          if (value !== value) return
          const state = states[i] as Sketch
          if (state instanceof PaneSketch) state.add(value)
          else addToSketch(state, value)
        }
      return (states, row, at) => {
        const value = numbers.of(row)
        if (value === value) states[i] = aggregate.add(states[i], value, at)
      }
    }
    case 'condition': {
      const holds = predicate(argument, sources.rows)
      return (states, row, at) => {
        if (holds(row)) states[i] = aggregate.add(states[i], true, at)
      }
    }
    default: {
      const values = sources.values(argument)
      return (states, row, at) => {
        const value = values.scalar(row)
        if (value !== null) states[i] = aggregate.add(states[i], value, at)
      }
    }
  }
}

/** For `over 100 events`: keeps the arguments of the latest. */
function keeper({ calls }: Plan, most: number, sources: Sources): Adder {
  const arguments_ = calls.map(({ aggregate, argument }): ((row: number) => Scalar) => {
    if (argument === undefined) return () => null
    const values = sources.values(argument)
    if (aggregate.params[0]!.kind !== 'number') return row => values.scalar(row)
    return row => {
      const value = values.scalar(row)
      return typeof value === 'number' ? value : null
    }
  })
  return (states, row, { time, seq }) => {
    const kept: Kept = { time, seq, values: arguments_.map(value => value(row)) }
    keep({ key: [], states }, kept, most)
  }
}
