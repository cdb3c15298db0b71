import { type Group, groupKey, type Partial, type Plan, type Scope } from '@telltale/query'
import type { Chunk } from './chunk.ts'
import { compile } from './filter/compile.ts'
import { Groups } from './group/groups.ts'
import { Kept } from './group/kept.ts'
import { bucketKey, keyOf } from './group/keys.ts'
import { type Tally, tallyOf } from './group/tally.ts'
import { mark } from './mask.ts'
import { ints, reuse } from './scratch.ts'
import { select } from './selection.ts'

/** Answers a query with aggregates: per chunk, mark the rows, group them, and add them to each aggregate's tally. */
export function gather(
  chunks: readonly Chunk[],
  { condition, keys, bucket, calls, latest }: Plan,
  scope: Scope,
): Partial {
  reuse()
  const filter = condition && compile(condition)
  const by = keys.map(keyOf)
  if (bucket !== undefined) by.push(bucketKey(bucket))
  const groups = new Groups(by)
  const tallies = calls.map((call, i): Tally | undefined =>
    call.slot === i && latest === undefined ? tallyOf(call) : undefined,
  )
  const kept = latest === undefined ? undefined : new Kept(latest, calls)
  const rows = ints()
  let scanned = 0
  let any = false
  for (const [at, chunk] of chunks.entries()) {
    const mask = mark(chunk, scope, filter)
    if (mask === undefined) continue
    scanned += chunk.length - chunk.first
    const selection = select(mask)
    if (selection.count === 0) continue
    any = true
    groups.assign(chunk, selection, rows)
    for (const tally of tallies) tally?.add(chunk, rows, groups.count, selection)
    kept?.add(chunk, at, rows)
  }
  const found = new Map<string, Group>()
  for (let group = 0; any && group < groups.count; group++) {
    const key = groups.key(group)
    const states: unknown[] = kept === undefined ? [] : [kept.state(group, chunks)]
    if (kept === undefined)
      for (const [i, { slot }] of calls.entries()) states.push(slot === i ? tallies[i]!.state(group) : states[slot])
    found.set(groupKey(key), { key, states })
  }
  return { kind: 'groups', groups: found, scanned }
}
