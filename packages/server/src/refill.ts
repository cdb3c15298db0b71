import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from '@telltale/event'
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

/**
 * Puts the newest of what the history does not hold yet into the ring, which then knows what it need not hold.
 * @returns the highest seq the ring lacks of those from its first on; 0 where there is none
 */
export async function begin(latest: Recent, kept: History, signal?: AbortSignal): Promise<number> {
  const { lastSeq } = kept.journal
  let after = lastSeq
  for (const segment of waiting(kept).reverse()) {
    after = Math.max(segment.firstSeq - 1, kept.flushedSeq)
    if (lastSeq - after >= FIRST) break
  }
  const holes = new Holes(after + 1)
  for await (const batch of holes.pass(kept.latest(lastSeq - after))) {
    signal?.throwIfAborted()
    latest.append(batch)
  }
  if (kept.status.engine.kind !== 'unavailable') latest.settle(kept.flushedSeq)
  return holes.highest(lastSeq)
}

/** Sees which seqs are lacking between batches that pass by. */
class Holes {
  #next: number
  #highest = 0

  constructor(first: number) {
    this.#next = first
  }

  async *pass(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      if (batch.seq > this.#next) this.#highest = batch.seq - 1
      this.#next = batch.seq + batch.length
      yield batch
    }
  }

  /** The highest of those up to the last there should be; 0 where none is lacking. */
  highest(last: number): number {
    return this.#next <= last ? last : this.#highest
  }
}

/**
 * Fills the ring with what is older, the newest first, while everything is running: from the journal what waits there,
 * then from the history. Until it is done, queries ask both; and where it lacks some, because a part of the history that was
 * damaged or let go of is not there at that moment, they go on to ask both for all that is not newer.
 * @param hole the highest seq that is lacking in the ring already
 */
export async function refill(
  latest: Recent,
  kept: History,
  asker: Asker,
  hole: number,
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
    const holes = new Holes(from)
    try {
      const upto = lowest - 1
      room = await latest.refill(holes.pass(batches))
      if (!room) continue
      lowest = from
      hole ||= holes.highest(upto) // the newest are read first
    } catch (error) {
      const gone = error instanceof EngineError && error.gone && kept.status.engine.kind !== 'unavailable'
      if (gone) await sleep(LOOK)
      // Else the segment was handed over meanwhile: the history has it.
      else if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  // What the ring had no room for, or lacks, is known once it is in the history.
  for (; kept.flushedSeq < Math.max(lowest - 1, hole) && !enough.aborted; tell()) await sleep(LOOK)
  if (enough.aborted) return
  const first = Math.max(lowest, hole + 1)
  asker.beforeRing = (await maxTimeBelow(first, kept, enough)) ?? Number.NEGATIVE_INFINITY
}

/** What the ring lacks is known once the engine is there, and has what others left in the journal. */
async function maxTimeBelow(first: number, kept: History, enough: AbortSignal): Promise<number | undefined> {
  for (; !enough.aborted; await sleep(LOOK)) {
    if (kept.status.engine.kind === 'unavailable' && first <= 1) return undefined // the ring has all there is
    const { revision } = kept
    if (kept.waitingOfOthers > 0) continue
    try {
      const time = await kept.maxTimeBelow(first)
      if (kept.revision === revision) return time
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
