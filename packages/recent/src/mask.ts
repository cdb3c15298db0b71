import type { Scope, Steps } from '@telltale/query'
import { MAX_ROWS } from './chunk.ts'
import type { ChunkView } from './chunk-view.ts'
import type { Condition } from './filter/condition.ts'
import { decode } from './numeric.ts'
import type { Scratch } from './scratch.ts'
import { countMarks, Selection } from './selection.ts'

const times = new Float64Array(MAX_ROWS)

/**
 * The rows of a chunk that lie in the scope and meet the condition. Valid until the query asks for others.
 * @returns undefined where none can
 */
export function* mark(
  chunk: ChunkView,
  scope: Scope,
  condition: Condition | undefined,
  scratch: Scratch,
): Steps<Selection | undefined> {
  if (chunk.maxTime < scope.from || chunk.minTime >= scope.to) return undefined
  const { low, high } = chunk.runs.span(chunk.length)
  const { afterSeq = 0, uptoSeq = Number.POSITIVE_INFINITY } = scope
  if ((afterSeq > 0 && high <= afterSeq) || low > uptoSeq) return undefined
  const narrow = condition === undefined ? 'always' : yield* condition(chunk)
  if (narrow === 'never') return undefined
  const mask = scratch.mask.subarray(0, chunk.length).fill(0, 0, chunk.first).fill(1, chunk.first)
  const all = within(chunk, scope, low, high, mask)
  if (narrow === 'always' && all) return new Selection(mask, chunk.length - chunk.first, scratch.rows)
  if (narrow !== 'always') yield* narrow(mask)
  return new Selection(mask, countMarks(mask), scratch.rows)
}

/** Clears the marks of rows out of scope; the chunk's seqs are from low to high. @returns whether there were none */
function within(chunk: ChunkView, scope: Scope, low: number, high: number, mask: Uint8Array): boolean {
  const { from, to, afterSeq = 0, uptoSeq = Number.POSITIVE_INFINITY } = scope
  const inTime = chunk.minTime >= from && chunk.maxTime < to
  if (!inTime) {
    const at = decode(chunk.time, chunk.length, times)
    for (let row = chunk.first; row < chunk.length; row++) if (!(at[row]! >= from && at[row]! < to)) mask[row] = 0
  }
  if ((afterSeq <= 0 || low > afterSeq) && high <= uptoSeq) return inTime
  chunk.runs.each(chunk.length, (start, end, seq) => {
    for (let row = start; row < end; row++) {
      const own = seq === 0 ? 0 : seq + row - start
      if ((afterSeq > 0 && own <= afterSeq) || own > uptoSeq) mask[row] = 0
    }
  })
  return false
}
