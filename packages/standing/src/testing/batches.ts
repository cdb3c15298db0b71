import { type Batch, batchOf, type Event, type EventInput } from '@telltale/event'

/** Journaled batches of so many events each, in turn; events have a seq that rises by one. */
export function batchesOf(events: readonly Event[], sizes: readonly number[]): Batch[] {
  const batches: Batch[] = []
  for (let i = 0, turn = 0; i < events.length; turn++) {
    const some = events.slice(i, i + sizes[turn % sizes.length]!)
    const { batch } = batchOf(some as EventInput[], { hostname: 'h1', receivedAt: 0, trusted: true })
    batch.seq = some[0]!.seq!
    batch.collector = 'c1'
    batches.push(batch)
    i += some.length
  }
  return batches
}
