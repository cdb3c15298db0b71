import type { Batch } from '@telltale/event'
import type { History } from '@telltale/history'

/** What is journaled, and how to read it again. */
export type Journaled = Pick<History, 'flushedSeq' | 'stored' | 'unflushed'> & {
  readonly journal: Pick<History['journal'], 'collector' | 'lastSeq'>
}

/** So often in a row a segment may be gone though the mark did not move. */
const TRIES = 5

/**
 * All events above one seq up to another, rising: as far as the history has them from there, then from the journal. The
 * first and last batch may reach beyond; ends early where neither has what comes next.
 */
export async function* since(after: number, upto: number, journaled: Journaled): AsyncGenerator<Batch> {
  let at = after
  let gone = 0
  while (at < upto) {
    const before = at
    const mark = Math.min(upto, journaled.flushedSeq)
    try {
      for await (const batch of at < mark ? journaled.stored(at, mark) : journaled.unflushed(at, upto)) {
        yield batch
        at = batch.seq + batch.length - 1
        gone = 0
      }
    } catch (error) {
      // A segment was handed over meanwhile, and the mark has moved, or it has just got the name of one that is sealed.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      if (journaled.flushedSeq <= mark && ++gone > TRIES) throw error
      continue
    }
    if (at === before) return
  }
}
