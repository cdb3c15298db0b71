import { groupKey } from './order.ts'
import type { Group } from './partial.ts'
import { run, type Steps } from './steps.ts'

/** Groups to a step. */
const GROUPS = 512

/** Groups in a row, no two of one key. They are found by key too, once somebody asks for one. */
export class GroupList implements ReadonlyMap<string, Group> {
  readonly #groups: readonly Group[]
  #index: Map<string, Group> | undefined

  constructor(groups: readonly Group[]) {
    this.#groups = groups
  }

  get size(): number {
    return this.#groups.length
  }

  get(key: string): Group | undefined {
    return this.#byKey.get(key)
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  keys(): MapIterator<string> {
    return this.#byKey.keys()
  }

  values(): MapIterator<Group> {
    return this.#groups.values()
  }

  entries(): MapIterator<[string, Group]> {
    return this.#byKey.entries()
  }

  [Symbol.iterator](): MapIterator<[string, Group]> {
    return this.entries()
  }

  forEach(call: (group: Group, key: string, all: ReadonlyMap<string, Group>) => void): void {
    for (const [key, group] of this) call(group, key, this)
  }

  /** Finds all by key now, in steps, instead of at once when somebody asks for the first. */
  *indexing(): Steps<void> {
    if (this.#index !== undefined) return
    const index = new Map<string, Group>()
    for (const [i, group] of this.#groups.entries()) {
      index.set(groupKey(group.key), group)
      if (i % GROUPS === GROUPS - 1) yield
    }
    this.#index ??= index
  }

  get #byKey(): Map<string, Group> {
    if (this.#index === undefined) run(this.indexing())
    return this.#index!
  }
}
