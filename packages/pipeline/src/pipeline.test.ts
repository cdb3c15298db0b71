import { Batch, type Event, SimulatedClock } from '@telltale/event'
import { expect, test, vi } from 'vitest'
import { type Journal, Pipeline, Strand } from './index.ts'

const SENDER = { channel: 'test', address: '10.0.0.7' }

class SlowJournal implements Journal {
  pressure: Journal['pressure']
  readonly batches: { batch: Batch; done: () => void; fail: (error: Error) => void }[] = []
  seq = 1

  append(batch: Batch): Promise<void> {
    batch.seq = this.seq
    this.seq += batch.length
    return new Promise((done, fail) => this.batches.push({ batch, done, fail }))
  }
}

function made(options: object = {}): {
  pipeline: Pipeline
  journal: SlowJournal
  clock: SimulatedClock
  seen: number[]
} {
  const clock = new SimulatedClock(1e12)
  const journal = new SlowJournal()
  const pipeline = new Pipeline({ journal, clock, hostname: 'me', ...options })
  const seen: number[] = []
  pipeline.broadcast.consume(batch => seen.push(batch.seq, batch.length))
  return { pipeline, journal, clock, seen }
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('what arrives within a millisecond is one batch, whoever sent it', async () => {
  const { pipeline, journal, clock } = made()
  for (let i = 0; i < 5; i++)
    pipeline.take(Buffer.from(`{"type":"t","n":${i}}`), { channel: 'udp', address: `10.0.0.${i}` })
  expect(journal.batches).toHaveLength(0)
  clock.advance(1)
  expect(journal.batches.map(({ batch }) => batch.length)).toEqual([5])
  expect(journal.batches[0]!.batch.event(3)).toMatchObject({ hostname: '10.0.0.3', additional_info: { n: 3 } })
})

test('a piece that makes several batches is journaled as one: where that fails, none of it is there', async () => {
  const { pipeline, clock, journal, seen } = made()
  const groups: (readonly Batch[])[] = []
  journal.append = async (...batches: readonly Batch[]) => {
    groups.push(batches)
    if (groups.length === 1) throw new Error('no space left on device')
    for (const batch of batches) {
      batch.seq = journal.seq
      journal.seq += batch.length
    }
  }
  pipeline.add([{ type: 'before' }], SENDER)
  const piece = Buffer.from('{"type":"t"}\n'.repeat(70_000))
  const first = pipeline.take(piece, SENDER)
  await expect(first.journaled).rejects.toThrow('no space left')
  expect(groups.map(batches => batches.map(({ length }) => length))).toEqual([[32_768, 32_768, 70_001 - 65_536]])
  expect([first.accepted, seen]).toEqual([70_000, []])
  const again = pipeline.take(piece, SENDER)
  const other = pipeline.add([{ type: 'other' }], SENDER)
  clock.advance(2)
  await Promise.all([again.journaled, other.journaled])
  expect(groups.slice(1).map(batches => batches.length)).toEqual([3, 1])
  expect(seen.filter((_, i) => i % 2 === 1).reduce((sum, length) => sum + length)).toBe(70_001)
  expect(pipeline.busy).toBeUndefined()
})

test('acknowledged means journaled, broadcast comes first, and in order', async () => {
  const { pipeline, journal, clock, seen } = made()
  let acknowledged = 0
  const send = (): void => {
    pipeline.add([{ type: 't' }, { type: 't' }], SENDER).journaled.then(
      () => acknowledged++,
      () => {},
    )
    clock.advance(1)
  }
  send()
  send()
  journal.batches[1]!.done()
  await settled()
  expect([acknowledged, seen]).toEqual([0, []])
  journal.batches[0]!.done()
  await settled()
  expect([acknowledged, seen]).toEqual([2, [1, 2, 3, 2]])
})

test('a batch the journal could not take is refused to its senders and broadcast to nobody', async () => {
  const { pipeline, journal, clock, seen } = made()
  const { journaled } = pipeline.add([{ type: 't' }], SENDER)
  clock.advance(1)
  journal.batches[0]!.fail(new Error('no space left on device'))
  await expect(journaled).rejects.toThrow('no space left')
  expect(seen).toEqual([])
  const next = pipeline.add([{ type: 't' }], SENDER)
  clock.advance(1)
  journal.batches[1]!.done()
  await next.journaled
  expect(seen).toEqual([2, 1])
})

test('behind a piece that was refused nothing of the same sender is journaled, nor what waits together with that', async () => {
  const { pipeline, journal, clock, seen } = made()
  const strand = new Strand()
  const send = (type: string, sender: object = { strand }): Promise<string> =>
    pipeline.take(Buffer.from(`{"type":"${type}"}`), { ...SENDER, ...sender }).journaled.then(
      () => `${type} is in`,
      error => `${type}: ${error.message}`,
    )
  const first = send('first')
  clock.advance(1)
  // The journal has no room for a moment, and has again when the next comes; nobody was told yet.
  const second = send('second')
  clock.advance(1)
  const third = send('third')
  const beside = send('beside', {})
  journal.batches.pop()!.fail(new Error('the disk is slow'))
  journal.seq--
  await settled()
  clock.advance(1)
  const fourth = send('fourth')
  const other = send('other', {})
  clock.advance(1)
  for (const { done } of journal.batches) done()
  expect(await Promise.all([first, second, third, beside, fourth, other])).toEqual([
    'first is in',
    'second: the disk is slow',
    'third: the disk is slow',
    'beside: the disk is slow',
    'fourth: the disk is slow',
    'other is in',
  ])
  expect(seen).toEqual([1, 1, 2, 1])
  expect(pipeline.channels.get('test')!.accepted).toBe(2)
})

test('senders are pushed back while too much waits for the journal', async () => {
  const { pipeline, journal, clock } = made({ maxPending: 1000 })
  expect(pipeline.busy).toBeUndefined()
  pipeline.take(Buffer.from(`{"type":"t","s":"${'x'.repeat(2000)}"}`), SENDER)
  expect(pipeline.busy).toMatchObject({ retryAfter: 1, reason: expect.stringContaining('1000') })
  let ready = false
  pipeline.ready().then(() => (ready = true))
  clock.advance(1)
  await settled()
  expect(ready).toBe(false)
  journal.batches[0]!.done()
  await settled()
  expect([ready, pipeline.busy]).toEqual([true, undefined])
  journal.pressure = { reason: 'disk full', retryAfter: 5 }
  expect(pipeline.busy).toEqual({ reason: 'disk full', retryAfter: 5 })
})

test('who waits for a full disk goes on once there is room, though nothing was journaled meanwhile', async () => {
  const { pipeline, journal, clock } = made()
  journal.pressure = { reason: 'disk full', retryAfter: 5 }
  let ready = false
  pipeline.ready().then(() => (ready = true))
  clock.advance(3000)
  await settled()
  expect(ready).toBe(false)
  journal.pressure = undefined
  clock.advance(1000)
  await settled()
  expect(ready).toBe(true)
})

test('a failure that comes before its turn waits for it, and takes nothing down', async () => {
  const { pipeline, journal, clock, seen } = made()
  const first = pipeline.add([{ type: 't' }], SENDER).journaled
  clock.advance(1)
  const second = pipeline.add([{ type: 't' }], SENDER).journaled
  clock.advance(1)
  journal.batches[1]!.fail(new Error('no space'))
  await settled()
  await settled()
  journal.batches[0]!.done()
  await first
  await expect(second).rejects.toThrow('no space')
  expect(seen).toEqual([1, 1])
})

test('a store that throws costs no sender its answer', async () => {
  const { pipeline, journal, clock } = made()
  pipeline.broadcast.consume(() => {
    throw new Error('broken store')
  })
  const { journaled } = pipeline.add([{ type: 't' }], SENDER)
  clock.advance(1)
  journal.batches[0]!.done()
  await journaled
  expect(pipeline.stages.broadcast.errors).toBe(1)
})

test('rejected input is kept to be shown, and is an event', async () => {
  const { pipeline, journal, clock } = made()
  const { accepted, refused, problems } = pipeline.take(Buffer.from('{"type":1}\n{oops\n[7]\n'), SENDER)
  expect([accepted, refused]).toEqual([1, 2])
  expect(problems.map(({ kind }) => kind)).toEqual(['syntax', 'event'])
  expect(pipeline.rejects.list()).toHaveLength(2)
  clock.advance(2000)
  const types = journal.batches.flatMap(({ batch }) =>
    Array.from({ length: batch.length }, (_, row) => batch.event(row).type),
  )
  expect(types.filter(type => type === 'rejected')).toHaveLength(2)
})

test('every event is counted by channel: as accepted only what is in the journal', async () => {
  const { pipeline, journal } = made()
  const counted = async (end: 'done' | 'fail'): Promise<number> => {
    pipeline.take(Buffer.from('{}\n{}\n'), { channel: 'tcp', address: 'a' })
    const flushed = pipeline.flush()
    for (const batch of journal.batches.splice(0)) batch[end](new Error('disk full'))
    await flushed
    return pipeline.channels.get('tcp')!.accepted
  }
  expect(await counted('fail')).toBe(0)
  expect(await counted('done')).toBe(2)
  pipeline.take(Buffer.from('{bad\n'), { channel: 'tcp', address: 'a' })
  pipeline.dropped('udp', 12, 'busy')
  expect(Object.fromEntries(pipeline.channels)).toEqual({
    tcp: { accepted: 2, rate: 0, rejected: 1, dropped: 0 },
    udp: { accepted: 0, rate: 0, rejected: 0, dropped: 12 },
  })
})

test('how fast events come, and go through everything, is known of the last ten seconds', async () => {
  const { pipeline, journal, clock } = made({ process: { '*': () => {} } })
  pipeline.broadcast.listen('ear', () => {})
  const second = async (events: number): Promise<number[]> => {
    pipeline.take(Buffer.from('{"type":"t"}\n'.repeat(events)), SENDER)
    void pipeline.flush()
    for (const { done } of journal.batches.splice(0)) done()
    for (let turn = 0; turn < 3; turn++) await settled()
    clock.advance(1_000)
    const { classify, journal: kept, broadcast } = pipeline.stages
    return [
      pipeline.channels.get('test')!.rate,
      classify.read().rate,
      kept.read().rate,
      broadcast.read().rate,
      pipeline.processors.list()[0]!.rate,
      pipeline.broadcast.list()[0]!.rate,
    ]
  }
  const all = (rate: number): number[] => Array.from({ length: 6 }, () => rate)
  expect(await second(30)).toEqual(all(30))
  expect(await second(0)).toEqual(all(15))
  expect(await second(0)).toEqual(all(10))
  for (let i = 3; i < 10; i++) await second(0)
  expect(await second(5)).toEqual(all(0.5))
  clock.jump(-1e6)
  expect(await second(5)).toEqual(all(1))
  for (let i = 0; i < 10; i++) await second(0)
  expect(await second(0)).toEqual(all(0))
})

test('no object is made of an event that nobody asks for', () => {
  const calls = vi.spyOn(Batch.prototype, 'event')
  const { pipeline, journal, clock } = made({
    classify: [{ when: 'type = a and n > 0', set: { type: 'c' }, tag: 'seen' }],
  })
  pipeline.take(Buffer.from('{"type":"a","n":1,"tags":["x"]}\n{"type":"b","message":"boom 7"}\n'.repeat(50)), SENDER)
  clock.advance(1)
  expect(journal.batches[0]!.batch.length).toBe(100)
  expect(calls).not.toHaveBeenCalled()
  expect(journal.batches[0]!.batch.event(0).type).toBe('c')
  expect(calls).toHaveBeenCalledTimes(1)
  calls.mockRestore()
})

test('what goes wrong while the journal is stuck is told once it goes on, with the counts', async () => {
  const { pipeline, journal, clock } = made()
  const told: Event[] = []
  pipeline.broadcast.consume(batch => {
    for (let row = 0; row < batch.length; row++) told.push(batch.event(row))
  })
  journal.pressure = { reason: 'the disk is full', retryAfter: 1 }
  for (let i = 0; i < 500; i++) pipeline.dropped('udp', 2, 'the disk is full')
  pipeline.dropped('udp', 7, 'the receive buffer was full', 'kernel')
  for (let i = 0; i < 3; i++) pipeline.refused('http', 'the disk is full')
  clock.advance(5000)
  expect(journal.batches).toEqual([])
  journal.pressure = undefined
  clock.advance(1010)
  // it fails once more: nothing of it is forgotten
  journal.batches[0]!.fail(new Error('no space'))
  await settled()
  clock.advance(1010)
  for (const { done } of journal.batches) done()
  await settled()
  const infos = told.map(({ type, additional_info }) => ({ type, ...additional_info }))
  expect(infos).toEqual([
    { type: 'dropped', channel: 'udp', lost_by: 'telltale', message: 'the disk is full', count: 1000 },
    { type: 'dropped', channel: 'udp', lost_by: 'kernel', message: 'the receive buffer was full', count: 7 },
    { type: 'pressure', message: 'the disk is full', began: 1e12, seconds: 6, refused: 3, count: 1 },
  ])
  expect(pipeline.channels.get('udp')).toMatchObject({ dropped: 1007, dropped_by_kernel: 7 })
  expect(pipeline.channels.get('http')).toMatchObject({ refused: 3 })
})

test('connections that are turned away are counted, told once a second at most, and warned of for a minute', async () => {
  const { pipeline, journal, clock } = made()
  for (let i = 0; i < 5; i++) pipeline.turnedAway('tcp', 'too many')
  clock.advance(10)
  for (let i = 0; i < 7; i++) pipeline.turnedAway('tcp', 'too many')
  clock.advance(1010)
  const told = journal.batches.flatMap(({ batch }) =>
    Array.from({ length: batch.length }, (_, row) => batch.event(row)).map(({ type, additional_info: info }) => ({
      type,
      ...(info as object),
    })),
  )
  const event = { type: 'turned_away', channel: 'tcp', message: 'too many' }
  expect(told).toEqual([
    { ...event, count: 5 },
    { ...event, count: 7 },
  ])
  expect(pipeline.channels.get('tcp')).toMatchObject({ turned_away: 12, dropped: 0 })
  expect(pipeline.faults).toEqual(['tcp turned connections away within the last minute, 12 so far: too many'])
  clock.advance(61_000)
  expect(pipeline.faults).toEqual([])
})
