import type { Scope } from '@telltale/query'
import { type Chunk, MAX_ROWS } from './chunk.ts'
import type { Condition } from './filter/condition.ts'
import { decode } from './numeric.ts'
import { countMarks, Selection } from './selection.ts'

const room = new Uint8Array(MAX_ROWS)
const times = new Float64Array(MAX_ROWS)

/**
 * The rows of a chunk that lie in the scope and meet the condition. Valid until asked for again.
 * @returns undefined where none can
 */
export function mark(chunk: Chunk, scope: Scope, condition: Condition | undefined): Selection | undefined {
  if (chunk.maxTime < scope.from || chunk.minTime >= scope.to) return undefined
  const { low, high } = chunk.runs.span(chunk.length)
  const { afterSeq = 0, uptoSeq = Number.POSITIVE_INFINITY } = scope
  if ((afterSeq > 0 && high <= afterSeq) || low > uptoSeq) return undefined
  const narrow = condition === undefined ? 'always' : condition(chunk)
  if (narrow === 'never') return undefined
  const mask = room.subarray(0, chunk.length).fill(0, 0, chunk.first).fill(1, chunk.first)
  const all = within(chunk, scope, low, high, mask)
  if (narrow === 'always' && all) return new Selection(mask, chunk.length - chunk.first)
  if (narrow !== 'always') narrow(mask)
  return new Selection(mask, countMarks(mask))
}

/** Clears the marks of rows out of scope; the chunk's seqs are from low to high. @returns whether there were none */
function within(chunk: Chunk, scope: Scope, low: number, high: number, mask: Uint8Array): boolean {
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
