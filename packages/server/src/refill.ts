import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError, type History, type Segment } from '@telltale/history'
import type { Recent } from '@telltale/recent'
import type { Asker } from './ask.ts'

/** Events of the journal put into the ring before anybody may ask: about half a second. What is older follows from behind. */
const FIRST = 200_000
/** Events taken from the history at a time: a chunk of the ring. */
const STEP = 32_768
/** ms between two lines about how far it is, and between two looks at the history's mark. */
const TELL = 5000
const LOOK = 500

/** Puts the newest of what the history does not hold yet into the ring. */
export async function begin(latest: Recent, kept: History, signal?: AbortSignal): Promise<void> {
  const { lastSeq } = kept.journal
  let after = lastSeq
  for (const segment of waiting(kept).reverse()) {
    after = Math.max(segment.firstSeq - 1, kept.flushedSeq)
    if (lastSeq - after >= FIRST) break
  }
  for await (const batch of kept.latest(lastSeq - after)) {
    signal?.throwIfAborted()
    latest.append(batch)
  }
}

/**
 * Fills the ring with what is older, the newest first, while everything is running: from the journal what waits there,
 * then from the history. Until it is done, queries ask both.
 */
export async function refill(
  latest: Recent,
  kept: History,
  asker: Asker,
  enough: AbortSignal,
  log: (message: string) => void,
): Promise<void> {
  let lowest = lowestOf(latest, kept)
  const behind = lowest - 1 - kept.flushedSeq
  let told = performance.now()
  const tell = (): void => {
    if (behind <= 0 || performance.now() - told < TELL) return
    told = performance.now()
    const left = Math.max(0, lowest - 1 - kept.flushedSeq)
    log(`after the last stop: ${left} of ${behind} events of the journal are not in the history or the ring yet`)
  }
  for (let room = true; room && lowest > 1 && !enough.aborted; tell()) {
    const segment = waiting(kept).findLast(({ lastSeq }) => lastSeq < lowest)
    const from = segment?.firstSeq ?? Math.max(1, lowest - STEP)
    const batches = segment === undefined ? kept.stored(from - 1, lowest - 1) : kept.unflushed(from - 1, lowest - 1)
    try {
      room = await latest.refill(batches)
      if (room) lowest = from
    } catch (error) {
      const gone = error instanceof EngineError && error.gone && kept.status.engine.kind !== 'unavailable'
      if (gone) await sleep(LOOK)
      // Else the segment was handed over meanwhile: the history has it.
      else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  // What the ring had no room for is known once it is in the history.
  for (; kept.flushedSeq < lowest - 1 && !enough.aborted; tell()) await sleep(LOOK)
  if (enough.aborted) return
  asker.beforeRing = (await maxTimeBelow(lowest, kept, enough)) ?? Number.NEGATIVE_INFINITY
}

/** What the ring lacks is known once the engine is there, and has what others left in the journal. */
async function maxTimeBelow(lowest: number, kept: History, enough: AbortSignal): Promise<number | undefined> {
  for (; !enough.aborted; await sleep(LOOK)) {
    if (kept.status.engine.kind === 'unavailable' && lowest <= 1) return undefined // the ring has all there is
    if (kept.waitingOfOthers > 0) continue
    try {
      return await kept.maxTimeBelow(lowest)
    } catch (error) {
      if (!(error instanceof EngineError && error.gone) || kept.status.engine.kind === 'unavailable') throw error
    }
  }
  return Number.POSITIVE_INFINITY
}

/** Own segments that hold more than the history does, rising. */
function waiting(kept: History): Segment[] {
  const { collector, sealed } = kept.journal
  return sealed.filter(segment => segment.collector === collector && segment.lastSeq > kept.flushedSeq)
}

function lowestOf(latest: Recent, kept: History): number {
  const { lowestSeq } = latest.coverage()
  return lowestSeq === 0 ? kept.journal.lastSeq + 1 : lowestSeq
}
