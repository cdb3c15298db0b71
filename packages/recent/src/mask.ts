import type { Scope } from '@telltale/query'
import { type Chunk, MAX_ROWS } from './chunk.ts'
import type { Condition } from './filter/condition.ts'

const room = new Uint8Array(MAX_ROWS)
const times = new Float64Array(MAX_ROWS)

/**
 * Marks (1) the rows of a chunk that lie in the scope and meet the condition. Valid until asked for again.
 * @returns undefined where there is none
 */
export function mark(chunk: Chunk, scope: Scope, condition: Condition | undefined): Uint8Array | undefined {
  if (chunk.maxTime < scope.from || chunk.minTime >= scope.to) return undefined
  const narrow = condition === undefined ? 'always' : condition(chunk)
  if (narrow === 'never') return undefined
  const mask = room.subarray(0, chunk.length).fill(0, 0, chunk.first).fill(1, chunk.first)
  within(chunk, scope, mask)
  if (narrow !== 'always') narrow(mask)
  return mask
}

function within(chunk: Chunk, scope: Scope, mask: Uint8Array): void {
  const { from, to, afterSeq = 0, uptoSeq = Number.POSITIVE_INFINITY } = scope
  if (chunk.minTime < from || chunk.maxTime >= to) {
    const at = chunk.time.doubles(chunk.length, times)
    for (let row = chunk.first; row < chunk.length; row++) if (!(at[row]! >= from && at[row]! < to)) mask[row] = 0
  }
  if (afterSeq <= 0 && uptoSeq === Number.POSITIVE_INFINITY) return
  chunk.runs.each(chunk.length, (start, end, seq) => {
    for (let row = start; row < end; row++) {
      const own = seq === 0 ? 0 : seq + row - start
      if ((afterSeq > 0 && own <= afterSeq) || own > uptoSeq) mask[row] = 0
    }
  })
}
