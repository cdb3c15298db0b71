import {
  type Call,
  fits,
  type Group,
  GroupList,
  type Partial,
  type Plan,
  type Scope,
  type State,
  type Steps,
} from '@telltale/query'
import type { ChunkView } from './chunk-view.ts'
import { compile } from './filter/compile.ts'
import type { Condition } from './filter/condition.ts'
import { type Assigned, Groups } from './group/groups.ts'
import { Kept } from './group/kept.ts'
import { bucketKey, keyOf } from './group/keys.ts'
import { type Tally, tallyOf } from './group/tally.ts'
import { mark } from './mask.ts'
import type { Scratch } from './scratch.ts'

/** Groups made in a step; of those whose states take long, but one. */
const GROUPS = 256
/** Above so many groups each is made when somebody asks for it: few may be wanted, and all together are much to keep. */
const MANY = 1 << 14

/** What chunks say to a query with aggregates: per chunk, the rows are marked and grouped, and added to each aggregate's tally. */
export class Gathering {
  readonly #ready: Plan
  readonly #scope: Scope
  readonly #scratch: Scratch
  readonly #filter: Condition | undefined
  readonly #groups: Groups
  readonly #tallies: readonly (Tally | undefined)[]
  readonly #kept: Kept | undefined
  readonly #chunks: ChunkView[] = []
  #scanned = 0
  #any = false

  constructor(ready: Plan, scope: Scope, scratch: Scratch) {
    const { condition, keys, bucket, calls, latest } = ready
    this.#ready = ready
    this.#scope = scope
    this.#scratch = scratch
    this.#filter = condition && compile(condition, scratch)
    const by = keys.map(key => keyOf(key, scratch))
    if (bucket !== undefined) by.push(bucketKey(bucket, scratch))
    this.#groups = new Groups(by, scratch)
    this.#tallies = calls.map((call, i): Tally | undefined =>
      call.slot === i && latest === undefined ? tallyOf(call, this.#groups, scratch) : undefined,
    )
    this.#kept = latest === undefined ? undefined : new Kept(latest, calls)
  }

  /** Groups there are so far. */
  get size(): number {
    return this.#any ? this.#groups.count : 0
  }

  *add(chunks: readonly ChunkView[]): Steps<void> {
    for (const chunk of chunks) {
      const at = this.#chunks.push(chunk) - 1
      const selection = yield* mark(chunk, this.#scope, this.#filter, this.#scratch)
      yield
      if (selection === undefined) continue
      this.#scanned += chunk.length - chunk.first
      if (selection.count === 0) continue
      this.#any = true
      const assigned = yield* this.#groups.assign(chunk, selection)
      fits(this.#ready, this.#groups.count)
      if (this.#wanted(assigned)) yield
      for (const tally of this.#tallies) {
        if (tally === undefined) continue
        yield* tally.add(assigned)
        yield
      }
      if (this.#kept !== undefined) yield* this.#kept.add(assigned, at)
    }
  }

  /** Finds out each row's group, if anybody wants to know. */
  #wanted(assigned: Assigned): boolean {
    const wanted = this.#kept !== undefined || this.#tallies.some(tally => tally !== undefined && !tally.ofGroups)
    return wanted && assigned.groups.length > 0
  }

  /** What is found so far. Where that are many groups it holds only until more is added. */
  *partial(): Steps<Partial> {
    const { calls, keys, bucket } = this.#ready
    const groups = this.#groups
    for (const tally of this.#tallies) if (tally?.settling !== undefined) yield* tally.settling()
    const { size } = this
    const order = size === 0 ? undefined : yield* groups.sorted(bucket === undefined ? 0 : keys.length)
    const groupAt = (i: number): number => (order === undefined ? i : order[i]!)
    const make = (i: number): Group => ({
      key: groups.key(groupAt(i)),
      states: statesOf(groupAt(i), this.#tallies, calls),
    })
    const scanned = this.#scanned
    if (size > MANY && this.#kept === undefined)
      return { kind: 'groups', groups: new GroupList({ length: size, at: make }), scanned }
    const dear = calls.some(({ aggregate: { family } }) => family === 'uniq' || family === 'sketch')
    const found: Group[] = []
    for (let i = 0; i < size; i++) {
      if (this.#kept === undefined) found.push(make(i))
      else {
        const states = [yield* this.#kept.state(groupAt(i), this.#chunks)]
        found.push({ key: groups.key(groupAt(i)), states })
      }
      if (dear || i % GROUPS === GROUPS - 1) yield
    }
    return { kind: 'groups', groups: new GroupList(found), scanned }
  }
}

/** What these chunks say. */
export function* gather(chunks: readonly ChunkView[], ready: Plan, scope: Scope, scratch: Scratch): Steps<Partial> {
  scratch.reuse()
  const gathering = new Gathering(ready, scope, scratch)
  yield* gathering.add(chunks)
  return yield* gathering.partial()
}

/** A state a call; those that share one hold the same. */
function statesOf(group: number, tallies: readonly (Tally | undefined)[], calls: readonly Call[]): State[] {
  const states = new Array<State>(calls.length)
  for (let i = 0; i < states.length; i++) {
    const tally = tallies[i]
    states[i] = tally === undefined ? states[calls[i]!.slot] : tally.state(group)
  }
  return states
}
