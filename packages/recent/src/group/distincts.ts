import { addDistinct, type Distinct, type Expression, identityOf, newDistinct } from '@telltale/query'
import type { Chunk } from '../chunk.ts'
import type { Tally } from './tally.ts'
import { eachValue } from './values.ts'

/** For uniq: a value counts once per group and chunk at most, since nearly all were seen before. */
export class Distincts implements Tally {
  readonly #each: ReturnType<typeof eachValue>
  readonly #states: Distinct[] = []
  readonly #seen: Set<string | number | boolean>[] = []

  constructor(argument: Expression) {
    this.#each = eachValue(argument)
  }

  add(chunk: Chunk, groups: Int32Array, count: number): void {
    const states = this.#states
    const seen = this.#seen
    while (states.length < count) {
      states.push(newDistinct())
      seen.push(new Set())
    }
    this.#each(chunk, groups, (group, value) => {
      const known = seen[group]!
      if (known.has(value)) return
      known.add(value)
      states[group] = addDistinct(states[group]!, identityOf(value)!)
    })
  }

  state(group: number): Distinct {
    return this.#states[group] ?? newDistinct()
  }
}
