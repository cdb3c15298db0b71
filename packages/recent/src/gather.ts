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
import { Groups } from './group/groups.ts'
import { Kept } from './group/kept.ts'
import { bucketKey, keyOf } from './group/keys.ts'
import { type Tally, tallyOf } from './group/tally.ts'
import { mark } from './mask.ts'
import type { Scratch } from './scratch.ts'

/** Groups made in a step; of those whose states take long, but one. */
const GROUPS = 256

/** Answers a query with aggregates: per chunk, mark the rows, group them, and add them to each aggregate's tally. */
export function* gather(chunks: readonly ChunkView[], ready: Plan, scope: Scope, scratch: Scratch): Steps<Partial> {
  const { condition, keys, bucket, calls, latest } = ready
  const filter = condition && compile(condition, scratch)
  const by = keys.map(key => keyOf(key, scratch))
  if (bucket !== undefined) by.push(bucketKey(bucket, scratch))
  const groups = new Groups(by, scratch)
  const tallies = calls.map((call, i): Tally | undefined =>
    call.slot === i && latest === undefined ? tallyOf(call, groups, scratch) : undefined,
  )
  const kept = latest === undefined ? undefined : new Kept(latest, calls)
  let scanned = 0
  let any = false
  for (const [at, chunk] of chunks.entries()) {
    const selection = yield* mark(chunk, scope, filter, scratch)
    yield
    if (selection === undefined) continue
    scanned += chunk.length - chunk.first
    if (selection.count === 0) continue
    any = true
    const assigned = yield* groups.assign(chunk, selection)
    fits(ready, groups.count)
    for (const tally of tallies) {
      if (tally === undefined) continue
      yield* tally.add(assigned)
      yield
    }
    if (kept !== undefined) yield* kept.add(assigned, at)
  }
  const found: Group[] = []
  const order = any ? yield* groups.sorted(bucket === undefined ? 0 : keys.length) : []
  const dear = calls.some(({ aggregate: { family } }) => family === 'uniq' || family === 'sketch')
  for (let i = 0; i < order.length; i++) {
    const group = order[i]!
    const states = kept === undefined ? statesOf(group, tallies, calls) : [yield* kept.state(group, chunks)]
    found.push({ key: groups.key(group), states })
    if (dear || i % GROUPS === GROUPS - 1) yield
  }
  return { kind: 'groups', groups: new GroupList(found), scanned }
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
