import { SimulatedClock } from '@telltale/event'
import { Pipeline } from '@telltale/pipeline'
import { recent } from '@telltale/recent'
import { standing } from '@telltale/standing'
import { eventLines } from '../samples.ts'
import { must, type Target } from '../target.ts'

const clock = new SimulatedClock(1.79e12)
let seq = 0
const journal = {
  pressure: undefined,
  append(batch: { seq: number; collector: string; length: number }) {
    batch.seq = seq + 1
    batch.collector = 'c'
    seq += batch.length
    return Promise.resolve()
  },
}
const ring = recent({ events: 2000, chunk: 256, clock })
const stands = standing({ clock, maxKeys: 100 })
const pipeline = new Pipeline({
  journal,
  clock,
  hostname: 'h',
  classify: [
    { when: 'type = page_load and url ~ "*/"', set: { type: 'landing' } },
    { when: 'has message', set: { type: 'log' } },
  ],
  process: { gc: (event, emit) => emit({ ...event, type: 'derived' }) },
  calculate: { twice: event => 2 * Number((event as { t?: number }).t) },
})
stands.stand('a', 'has s | count(), top(s) by type over 1m')
stands.stand('b', '* | uniq(hostname), p99(t) by url')
pipeline.broadcast.consume(batch => ring.append(batch))
pipeline.broadcast.consume(batch => stands.update(batch))
let cases = 0

/** The pipeline with everything behind it but the journal's disk: what UDP hands over, and what comes of it. */
export const datagrams: Target = {
  name: 'datagram',
  about:
    'a datagram through pipeline, ring and standing queries: every event it holds is counted, and the next one is none the worse',
  few: 1_000,
  make: random => eventLines(random, 3),
  async run(input) {
    const before = pipeline.channels.get('udp') ?? { accepted: 0, rejected: 0 }
    const { accepted: had, rejected } = before
    const taken = pipeline.take(input, { channel: 'udp', address: '10.0.0.1' })
    const good = pipeline.take(Buffer.from('{"type":"good"}'), { channel: 'udp', address: '10.0.0.1' })
    must(good.accepted === 1, () => 'the next was not taken')
    await pipeline.flush()
    const counts = pipeline.channels.get('udp')!
    must(
      counts.accepted === had + taken.accepted + 1 && counts.rejected === rejected + taken.refused,
      () => 'miscounted',
    )
    if (++cases % 64 === 0) clock.advance(100)
    if (cases % 512 > 0) return
    const { rows } = ring.query('type = good | count()')
    must((rows[0]![0] as number) > 0, () => 'the ring has lost the good ones')
    stands.get('b')!.result()
  },
}
