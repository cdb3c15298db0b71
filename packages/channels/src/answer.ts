import type { Taken } from '@telltale/pipeline'

/** What a sender that asked is told, as one JSON text: `{"accepted":n,"rejected":[{"index":2,"reason":"…"}]}`. */
export function answer({ accepted, problems }: Pick<Taken, 'accepted' | 'problems'>): string {
  return JSON.stringify({ accepted, rejected: problems.map(({ index, reason }) => ({ index, reason })) })
}

/** The answer where the journal failed: nothing of it counts as accepted, and it must be sent again. */
export function failure(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  return JSON.stringify({ accepted: 0, rejected: [], error: `not journaled, send it again: ${reason}` })
}
