import { Batch, batchOf, type Event, type EventInput, Schema } from '@telltale/event'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refill } from './refill.ts'
import { Ring } from './ring.ts'

const origin = { hostname: 'h', receivedAt: 1000, trusted: true }
const scalar = fc.oneof(
  fc.constantFrom(null, true, false, 'a', 'b', '', 0, -0, 1, 0.1, 1e300, [], {}, [1, 'a', [2]]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: 0, max: 100_000 }).map(n => n / 1e4),
  fc.string({ unit: 'grapheme' }),
)
const key = fc.oneof(
  fc.constantFrom('x', 'y', 'x.y', 'status', '__proto__', 'constructor'),
  fc.string({ maxLength: 2 }),
)
const { info } = fc.letrec<{ info: object; value: unknown }>(tie => ({
  info: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(entries => Object.fromEntries(entries)),
  value: fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: tie('info') }),
}))
const event = fc.record({
  type: fc.constantFrom('a', 'b', 'ü'),
  time: fc.oneof(
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 0, max: 5000 }).map(us => 1e12 + us / 1e3),
  ),
  tags: fc.uniqueArray(fc.constantFrom('slow', 'web', 'db'), { maxLength: 2 }),
  additional_info: info,
})
const caps = { events: 1e9, age: Number.POSITIVE_INFINITY, bytes: 1e9, chunk: 4 }

function held(ring: Ring): Event[] {
  return ring.chunks
    .map(chunk => chunk.view())
    .flatMap(chunk => Array.from({ length: chunk.length - chunk.first }, (_, i) => chunk.event(chunk.first + i)))
}

test('every row comes back as its batch had it, sealed or not, in chunks of any size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(event, { maxLength: 12 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 20 }),
      (inputs, chunk) => {
        const ring = new Ring({ ...caps, chunk })
        const sent: Event[] = []
        let seq = 1
        for (const input of inputs) {
          const { batch } = batchOf(input as EventInput[], origin)
          if (seq % 3 > 0) batch.seq = seq
          seq += batch.length
          ring.append(batch, 0)
          for (let row = 0; row < batch.length; row++) sent.push(batch.event(row))
        }
        expect(held(ring)).toEqual(sent)
        expect(held(ring).map(e => JSON.stringify(e))).toEqual(sent.map(e => JSON.stringify(e)))
      },
    ),
  )
})

test('never more events than the cap, and the newest ones', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 })), fc.integer({ min: 1, max: 40 }), (sizes, events) => {
      const ring = new Ring({ ...caps, events, chunk: 7 })
      let seq = 1
      const times: number[] = []
      for (const size of sizes) {
        const { batch } = batchOf(
          Array.from({ length: size }, (_, i) => ({ time: 1 + ((seq + i) % 9) })),
          origin,
        )
        batch.seq = seq
        seq += size
        ring.append(batch, 0)
        for (let row = 0; row < size; row++) times.push(batch.time[row]!)
        const kept = Math.min(events, seq - 1)
        expect(ring.events).toBe(kept)
        expect(held(ring).map(e => e.seq)).toEqual(Array.from({ length: kept }, (_, i) => seq - kept + i))
      }
      const gone = times.slice(0, Math.max(0, times.length - events))
      expect(ring.evicted).toBe(gone.length)
      expect(ring.coverage.evictedTime).toBe(Math.max(Number.NEGATIVE_INFINITY, ...gone))
      expect(ring.coverage.lowestSeq).toBe(seq === 1 ? 0 : Math.max(1, seq - events))
      expect(ring.coverage.highestSeq).toBe(seq - 1)
    }),
  )
})

test('events go by age and by memory, whole chunks at a time', () => {
  const ring = new Ring({ ...caps, age: 100, chunk: 4 })
  for (let i = 0; i < 20; i++) ring.append(batchOf([{ n: i }], { ...origin, receivedAt: i * 10 }).batch, i * 10)
  expect(held(ring).map(e => e.additional_info['n'])).toEqual(Array.from({ length: 12 }, (_, i) => i + 8))
  ring.evict(1e6)
  expect(ring.events).toBe(0)
  expect(ring.byteLength).toBe(0)

  const small = new Ring({ ...caps, bytes: 200_000, chunk: 64 })
  for (let i = 0; i < 500; i++) {
    small.append(batchOf([{ text: `${i} ${'x'.repeat(1000)}` }], origin).batch, 0)
    expect(small.byteLength).toBeLessThan(250_000)
  }
  expect(small.events).toBeGreaterThan(50)
  expect(held(small).at(-1)?.additional_info['text']).toMatch(/^499 /)
})

test('a batch of another schema starts a chunk of its own', () => {
  const ring = new Ring({ ...caps, chunk: 100 })
  ring.append(batchOf([{ a: 1 }], origin).batch, 0)
  const other = new Batch(1, new Schema())
  other.reserve()
  other.type[0] = other.hostname[0] = other.md5[0] = other.dictionary.string('t')
  other.tags[0] = other.dictionary.jsonText('[]')
  other.ensure(other.schema.path(['a'])).pushNumber(0, 2)
  other.shapes[0] = other.schema.step(other.schema.empty, other.schema.path(['a'])).id
  other.length = 1
  ring.append(other, 0)
  expect(ring.chunks.length).toBe(2)
  expect(held(ring).map(e => e.additional_info)).toEqual([{ a: 1 }, { a: 2 }])
})

test('what nobody else has yet stays beyond the caps on events and age, until it is settled or memory is short', () => {
  const numbered = (seq: number, events: number): Batch => {
    const { batch } = batchOf(
      Array.from({ length: events }, (_, i) => ({ type: 'a', n: seq + i, received_at: 1000 })),
      origin,
    )
    batch.seq = seq
    batch.collector = 'c'
    return batch
  }
  const ring = new Ring({ ...caps, events: 5, age: 100 })
  ring.settle(0)
  for (let seq = 1; seq < 30; seq += 3) ring.append(numbered(seq, 3), 1000)
  expect([ring.events, ring.coverage.lowestSeq]).toEqual([30, 1])
  ring.settle(13)
  ring.evict(1000)
  expect([ring.events, ring.coverage.lowestSeq]).toEqual([17, 14])
  ring.evict(10_000)
  expect(ring.coverage.lowestSeq).toBe(14)
  ring.settle(28)
  ring.evict(1000)
  expect([ring.events, ring.coverage.lowestSeq]).toEqual([5, 26])
  ring.settle(30)
  ring.evict(10_000)
  expect(ring.events).toBe(0)
  const small = new Ring({ ...caps, bytes: 20_000 })
  small.settle(0)
  for (let seq = 1; seq < 3000; seq += 3) small.append(numbered(seq, 3), 1000)
  expect(small.evicted).toBeGreaterThan(0)
})

test('refilled from behind while new events come, the ring is as if it had had them all', async () => {
  const numbered = (seq: number, events: number): Batch => {
    const { batch } = batchOf(
      Array.from({ length: events }, (_, i) => ({ type: 'a', n: seq + i, received_at: 1000 })),
      origin,
    )
    batch.seq = seq
    batch.collector = 'c'
    return batch
  }
  async function* older(from: number, to: number, ring?: Ring): AsyncGenerator<Batch> {
    for (let seq = from; seq <= to; seq += 3) {
      yield numbered(seq, Math.min(3, to - seq + 1))
      if (ring !== undefined && seq === from) ring.append(numbered(111, 5), 1000)
    }
  }
  const ring = new Ring({ ...caps, events: 100 })
  ring.append(numbered(101, 10), 1000)
  expect(await refill(ring, older(71, 100, ring), () => 1000)).toBe(true)
  expect(await refill(ring, older(61, 70), () => 1000)).toBe(true)
  expect(held(ring).map(({ additional_info }) => additional_info['n'])).toEqual(
    Array.from({ length: 55 }, (_, i) => 61 + i),
  )
  expect(ring.coverage).toMatchObject({ lowestSeq: 61, highestSeq: 115, evictedTime: Number.NEGATIVE_INFINITY })
  ring.append(numbered(116, 4), 1000)
  expect(await refill(ring, older(1, 60), () => 1000)).toBe(false)
  expect(ring.coverage.lowestSeq).toBe(61)
  ring.append(numbered(120, 60), 1000)
  expect([ring.events, ring.coverage.lowestSeq]).toEqual([100, 80])
  expect(await refill(ring, older(79, 79), () => 1000)).toBe(false)
  expect(await refill(new Ring({ ...caps, age: 10 }), older(1, 9), () => 5000)).toBe(false)
})
