import { GroupList, merging, type Partial, type Plan, plan, type Query, type Scope, type Steps } from '@telltale/query'
import type { ChunkView } from './chunk-view.ts'
import { Gathering, gather } from './gather.ts'
import { latest } from './latest.ts'
import type { Remembered } from './remembered.ts'
import { Scratch } from './scratch.ts'

/** What chunks, as they were when they were viewed, say to a query. */
export function* evaluation(
  chunks: readonly ChunkView[],
  query: Query,
  scope: Scope,
  remembered: Remembered,
): Steps<Partial> {
  const ready = plan(query)
  const scratch = Scratch.take()
  try {
    if (query.aggregates.length === 0) return yield* latest(chunks, ready, scope, scratch)
    const [whole, others] = split(chunks, ready, scope)
    if (remembered.room === 0 || whole.length < 2) return yield* gather(chunks, ready, scope, scratch)
    const known = remembered.known(query, whole)
    let past: Partial
    if (known === undefined) {
      const gathering = new Gathering(ready, scope, scratch)
      yield* gathering.add(whole)
      if (!remembered.fits(gathering.size)) {
        yield* gathering.add(others)
        return yield* gathering.partial()
      }
      past = yield* settled(yield* gathering.partial())
    } else if (known.chunks < whole.length) {
      const more = yield* gather(whole.slice(known.chunks), ready, scope, scratch)
      past = yield* merging(query, known.partial, more)
    } else past = known.partial
    remembered.keep(query, whole, past)
    return yield* merging(query, past, yield* gather(others, ready, scope, scratch))
  } finally {
    scratch.return()
  }
}

/** The same, all made. */
function* settled(partial: Partial): Steps<Partial> {
  if (partial.kind === 'groups' && partial.groups instanceof GroupList) yield* partial.groups.settling()
  return partial
}

/** The chunks that never change and are wholly in scope, and the others. */
function split(
  chunks: readonly ChunkView[],
  { latest }: Plan,
  scope: Scope,
): [whole: ChunkView[], others: ChunkView[]] {
  const { from, to, afterSeq = 0, uptoSeq = Number.POSITIVE_INFINITY } = scope
  const whole: ChunkView[] = []
  const others: ChunkView[] = []
  for (const chunk of chunks) {
    const { low, high } = chunk.runs.span(chunk.length)
    const inSeqs = (afterSeq <= 0 || low > afterSeq) && high <= uptoSeq
    const inTime = chunk.minTime >= from && chunk.maxTime < to
    const inside = latest === undefined && chunk.sealed && chunk.first === 0 && inSeqs && inTime
    if (inside) whole.push(chunk)
    else others.push(chunk)
  }
  return [whole, others]
}
