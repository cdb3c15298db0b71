import {
  type Call,
  fits,
  type Group,
  GroupList,
  type Partial,
  type Plan,
  type Scope,
  type State,
  worked,
} from '@telltale/query'
import type { Chunk } from './chunk.ts'
import { compile } from './filter/compile.ts'
import { Groups } from './group/groups.ts'
import { Kept } from './group/kept.ts'
import { bucketKey, keyOf } from './group/keys.ts'
import { type Tally, tallyOf } from './group/tally.ts'
import { mark } from './mask.ts'
import { reuse } from './scratch.ts'

/** Answers a query with aggregates: per chunk, mark the rows, group them, and add them to each aggregate's tally. */
export function gather(chunks: readonly Chunk[], ready: Plan, scope: Scope): Partial {
  const { condition, keys, bucket, calls, latest } = ready
  reuse()
  const filter = condition && compile(condition)
  const by = keys.map(keyOf)
  if (bucket !== undefined) by.push(bucketKey(bucket))
  const groups = new Groups(by)
  const tallies = calls.map((call, i): Tally | undefined =>
    call.slot === i && latest === undefined ? tallyOf(call, groups) : undefined,
  )
  const kept = latest === undefined ? undefined : new Kept(latest, calls)
  let scanned = 0
  let any = false
  for (const [at, chunk] of chunks.entries()) {
    const selection = mark(chunk, scope, filter)
    if (selection === undefined) continue
    scanned += chunk.length - chunk.first
    if (selection.count === 0) continue
    any = true
    const assigned = groups.assign(chunk, selection)
    fits(ready, groups.count)
    for (const tally of tallies) {
      worked(chunk.length >> 6)
      tally?.add(assigned)
    }
    kept?.add(assigned, at)
  }
  const found: Group[] = []
  const order = any ? groups.sorted(bucket === undefined ? 0 : keys.length) : []
  for (let i = 0; i < order.length; i++) {
    const group = order[i]!
    worked(calls.length)
    const states = kept === undefined ? statesOf(group, tallies, calls) : [kept.state(group, chunks)]
    found.push({ key: groups.key(group), states })
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
