import { groupKey } from './order.ts'
import type { Group } from './partial.ts'
import { run, type Steps } from './steps.ts'

/** Groups to a step. */
const GROUPS = 512

/** Groups made one by one when they are asked for: always the same. */
export interface GroupSource {
  readonly length: number
  at(i: number): Group
}

/** Groups in a row, no two of one key. They are found by key too, once somebody asks for one. */
export class GroupList implements ReadonlyMap<string, Group> {
  #groups: readonly Group[] | undefined
  readonly #source: GroupSource
  #index: Map<string, Group> | undefined

  /** @param source a list, or where many groups are gone through once, what makes them */
  constructor(source: readonly Group[] | GroupSource) {
    this.#source = source as GroupSource
    this.#groups = Array.isArray(source) ? source : undefined
  }

  get size(): number {
    return this.#source.length
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
    return this.#groups === undefined ? made(this.#source) : this.#groups.values()
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

  /** Makes all groups now, in steps, for who asks for them again and again. */
  *settling(): Steps<readonly Group[]> {
    if (this.#groups !== undefined) return this.#groups
    const groups: Group[] = []
    for (const group of made(this.#source)) {
      groups.push(group)
      if (groups.length % GROUPS === 0) yield
    }
    this.#groups ??= groups
    return this.#groups
  }

  /** Finds all by key now, in steps, instead of at once when somebody asks for the first. */
  *indexing(): Steps<void> {
    if (this.#index !== undefined) return
    const index = new Map<string, Group>()
    const groups = yield* this.settling()
    for (const [i, group] of groups.entries()) {
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

function* made(source: GroupSource): Generator<Group, undefined> {
  for (let i = 0; i < source.length; i++) yield source.at(i)
  return undefined
}
