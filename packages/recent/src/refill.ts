import type { Batch } from '@telltale/event'
import { Chunk } from './chunk.ts'
import type { Ring } from './ring.ts'

/** Cells sealed, and rows appended, at a time: a millisecond or two. */
const CELLS = 20_000
const ROWS = 1024

/**
 * Puts older events before those a ring holds, while it goes on taking new ones: they become chunks on the side, bit by
 * bit, so that nobody waits for long.
 * @param batches rising in seq, all below what the ring holds
 * @returns whether there was room for them
 */
export async function refill(ring: Ring, batches: AsyncIterable<Batch>, now: () => number): Promise<boolean> {
  const chunks: Chunk[] = []
  for await (const batch of batches) {
    for (let from = 0; from < batch.length; ) {
      let chunk = chunks[chunks.length - 1]
      if (chunk === undefined || chunk.length >= ring.caps.chunk || !chunk.takes(batch)) {
        chunk = new Chunk(batch.schema, chunk)
        chunks.push(chunk)
      }
      const to = Math.min(batch.length, from + ring.caps.chunk - chunk.length, from + ROWS)
      chunk.append(batch, from, to)
      from = to
      await turn()
    }
  }
  for (const chunk of chunks) while (!chunk.seal(CELLS)) await turn()
  return ring.prepend(chunks, now())
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
