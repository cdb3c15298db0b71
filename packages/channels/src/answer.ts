import type { Taken } from '@telltale/pipeline'

/**
 * What a sender that asked is told, as one JSON text: `{"accepted":n,"rejected":[{"index":2,"reason":"…"}]}`, with
 * `rejected_total` where more were rejected than are listed.
 */
export function answer({ accepted, refused, problems }: Taken): string {
  const rejected = problems.map(({ index, reason }) => ({ index, reason }))
  return JSON.stringify({ accepted, rejected, ...(refused > rejected.length ? { rejected_total: refused } : {}) })
}

/** The answer where the journal failed: nothing of it counts as accepted, and it must be sent again. */
export function failure(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  return JSON.stringify({ accepted: 0, rejected: [], error: `not journaled, send it again: ${reason}` })
}
