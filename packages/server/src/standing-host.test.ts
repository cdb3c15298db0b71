import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Batch, batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { history } from '@telltale/history'
import { parse, type Query } from '@telltale/query'
import { recent } from '@telltale/recent'
import { expect, test } from 'vitest'
import { Asker } from './ask.ts'
import { Live } from './live.ts'
import { begin } from './refill.ts'
import { type Held, StandingHost, type StandingHostOptions } from './standing-host.ts'

const START = 1e12
const ALL = { kind: 'all' } as const
const COUNT = parse('count(), sum(n) by k').query!
const SUM = parse('n > 3 | sum(n) over 10s').query!

/** A program that can be ended and begun again over the same journal. */
function made() {
  const clock = new SimulatedClock(START)
  const path = mkdtempSync(join(tmpdir(), 'telltale-host-'))
  const file = join(path, 'standing', 'snapshot.jsonl')
  const log: string[] = []
  const journal: Batch[] = []
  let seq = 0
  const journaled = {
    journal: { collector: 'c', lastSeq: 0 },
    flushedSeq: 0,
    stored: (after: number, upto: number) => between(after, upto),
    unflushed: (after: number, upto: number) => between(after, upto),
  }
  async function* between(after: number, upto: number): AsyncGenerator<Batch> {
    for (const batch of journal) if (batch.seq + batch.length - 1 > after && batch.seq <= upto) yield batch
  }
  const begin = async (options: Partial<StandingHostOptions> = {}, lastSeq = seq) => {
    const ring = recent({ clock })
    for (const batch of journal) ring.append(batch)
    const asker = new Asker(ring, history({ path }))
    asker.beforeRing = Number.NEGATIVE_INFINITY
    const host = new StandingHost({ asker, recent: ring, clock, file, log: text => log.push(text), ...options })
    journaled.journal.lastSeq = lastSeq
    await host.open(journaled)
    return {
      host,
      hold: (query: Query): Held => {
        const held = host.hold(query, ALL)
        if ('message' in held) throw new Error(held.message)
        return held
      },
      send: (...events: EventInput[]) => {
        const batch = journal_(events)
        ring.append(batch)
        host.batch(batch)
      },
    }
  }
  const journal_ = (events: EventInput[]): Batch => {
    const { batch } = batchOf(events, { hostname: 'h', receivedAt: clock.now() })
    batch.seq = seq + 1
    batch.collector = 'c'
    seq += events.length
    journal.push(batch)
    return batch
  }
  /** What the journal got and nobody was told, as when the process dies. */
  return { clock, file, log, begin, journaled, lose: (...events: EventInput[]) => void journal_(events) }
}

async function rows({ past, standing }: Held): Promise<unknown> {
  await past
  return standing.result().rows
}

test('what stood goes on where it was, with what came since and what comes meanwhile', async () => {
  const { begin, lose, log } = made()
  const one = await begin()
  one.send({ k: 'old', n: 1 })
  const held = one.hold(COUNT)
  await held.past
  one.hold(SUM)
  one.send({ k: 'a', n: 5 }, { k: 'b', n: 2 })
  await one.host.stop()
  lose({ k: 'a', n: 7 })
  const two = await begin()
  two.send({ k: 'b', n: 4 })
  expect(two.host.size).toBe(2)
  expect(await rows(two.hold(COUNT))).toEqual([
    ['a', 2, 12],
    ['b', 2, 6],
    ['old', 1, 1],
  ])
  expect(await rows(two.hold(SUM))).toEqual([[START + 1000, 16]])
  expect(log).toEqual(['2 standing queries go on, 1 events behind'])
  await two.host.stop()
})

test('a query is saved once its past is known, each as of its own seq, and nothing counts twice', async () => {
  const { begin, lose } = made()
  const one = await begin()
  one.hold(COUNT)
  await one.host.save()
  one.send({ k: 'a', n: 1 })
  const held = one.hold(SUM)
  one.send({ k: 'a', n: 9 })
  await held.past
  await one.host.save()
  // The process dies: what came after the snapshot is in the journal only.
  lose({ k: 'a', n: 6 }, { k: 'b', n: 8 })
  const two = await begin()
  expect(await rows(two.hold(COUNT))).toEqual([
    ['a', 3, 16],
    ['b', 1, 8],
  ])
  expect(await rows(two.hold(SUM))).toEqual([[START + 1000, 23]])
})

const bad: readonly [string, (text: string) => string, RegExp][] = [
  ['cut off', text => text.slice(0, -150), /damaged/],
  ['with a wrong digit', text => text.replace('"after":3', '"after":2'), /it is damaged: its checksum is another/],
  ['of another version', text => text.replace(/"version":\d+/, '"version":0'), /of version 0, this program reads/],
  ['of another collector', text => text, /of collector c, this is d/],
  ['of something else', () => '{}\n{}', /no snapshot/],
  ['empty', () => '', /damaged/],
]
for (const [what, spoil, reason] of bad)
  test(`a snapshot ${what} is set aside, and what stood begins anew from the past`, async () => {
    const { begin, file, log, journaled } = made()
    const one = await begin()
    one.send({ k: 'a', n: 1 }, { k: 'a', n: 2 }, { k: 'a', n: 3 })
    await one.hold(COUNT).past
    await one.host.stop()
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, spoil(text))
    if (what === 'of another collector') journaled.journal.collector = 'd'
    const two = await begin()
    expect(two.host.size).toBe(0)
    expect(await rows(two.hold(COUNT))).toEqual([['a', 3, 6]])
    expect(log).toHaveLength(1)
    expect(log[0]).toMatch(reason)
    expect(existsSync(join(dirname(file), 'set-aside.jsonl'))).toBe(true)
    expect(existsSync(file)).toBe(false)
  })

test('a snapshot that knows more than the journal, or is too far behind, is set aside', async () => {
  const { begin, lose, log } = made()
  const one = await begin()
  one.send({ k: 'a' }, { k: 'a' })
  await one.hold(COUNT).past
  await one.host.save()
  lose({}, {}, {})
  const two = await begin({ maxCatchUp: 2 })
  expect(log.at(-1)).toContain('3 events came since, at most 2 are caught up with')
  await two.hold(COUNT).past
  await two.host.save()
  const three = await begin({}, 4)
  expect(three.host.size).toBe(0)
  expect(log.at(-1)).toContain('it knows events up to seq 5, the journal up to 4')
})

test('where nobody has what came since, what stood begins anew', async () => {
  const { begin, lose, log, journaled, file } = made()
  const one = await begin()
  one.send({ k: 'a', n: 1 })
  await one.hold(COUNT).past
  await one.host.save()
  lose({ k: 'a', n: 2 }, { k: 'a', n: 3 })
  const { unflushed } = journaled
  let go = (): void => {}
  const waiting = new Promise<void>(resolve => {
    go = resolve
  })
  journaled.unflushed = async function* () {
    await waiting
    yield* []
  }
  const before = readFileSync(file, 'utf8')
  const two = await begin()
  const held = two.hold(COUNT)
  // While it catches up the old snapshot stays.
  await two.host.save()
  expect(readFileSync(file, 'utf8')).toBe(before)
  go()
  await expect(held.past).rejects.toThrow('nobody has the events after seq 1')
  expect(log.at(-1)).toContain('could not catch up and begins anew')
  held.release()
  journaled.unflushed = unflushed
  two.send({ k: 'a', n: 4 })
  expect(await rows(two.hold(COUNT))).toEqual([['a', 4, 10]])
})

test('begins with all that the history has, also before the ring has anything', async () => {
  const { clock } = made()
  const kept = history({ path: mkdtempSync(join(tmpdir(), 'telltale-host-')), keep: 'forever' })
  await kept.start()
  try {
    await kept.append(
      batchOf(
        [
          { k: 'a', n: 1 },
          { k: 'a', n: 2 },
        ],
        { hostname: 'h', receivedAt: clock.now() },
      ).batch,
    )
    await kept.flush()
    const ring = recent({ clock })
    await begin(ring, kept)
    expect(ring.stats().events).toBe(0)
    const asker = new Asker(ring, kept)
    const host = new StandingHost({ asker, recent: ring, clock })
    const live = new Live({ host, asker, recent: ring, clock })
    const got: string[] = []
    live.join({ waiting: 0, send: text => void got.push(text) }).receive({ id: 't', query: '*', from: 0 })
    const held = host.hold(COUNT, ALL)
    if ('message' in held) throw new Error(held.message)
    const next = batchOf([{ k: 'a', n: 4 }], { hostname: 'h', receivedAt: clock.now() }).batch
    await kept.append(next)
    for (const each of [ring.append, host.batch.bind(host), live.batch.bind(live)]) void each(next)
    expect(await rows(held)).toEqual([['a', 3, 7]])
    await expect.poll(() => got.map(text => JSON.parse(text).events.length)).toEqual([2, 1])
  } finally {
    await kept.stop()
  }
})

test('what is too heavy is left out of the snapshot, and does not linger', async () => {
  const { begin } = made()
  const one = await begin({ maxQuery: 2000 })
  one.send(...Array.from({ length: 50 }, (_, k) => ({ k, n: 5 })))
  const held = one.hold(COUNT)
  await held.past
  await one.hold(SUM).past
  await one.host.save()
  held.release()
  expect(one.host.size).toBe(1)
  await one.host.stop()
  const two = await begin()
  expect(two.host.size).toBe(1)
  expect(await rows(two.hold(COUNT))).toHaveLength(50)
})

test('those who ask the same share one, which lingers when they have gone', async () => {
  const { begin, clock } = made()
  const { host, hold, send } = await begin({ linger: 1000, maxLingering: 2 })
  const held = [hold(COUNT), hold(parse('count(),sum(n)   by k').query!)]
  expect(host.size).toBe(1)
  expect(held[0]!.standing).toBe(held[1]!.standing)
  await held[0]!.past
  for (const one of held) one.release()
  held[0]!.release()
  clock.advance(900)
  send({ k: 1, n: 1 })
  const again = hold(COUNT)
  expect(again.standing).toBe(held[0]!.standing)
  clock.advance(5000)
  expect(again.standing.result().rows).toEqual([[1, 1, 1]])
  again.release()
  for (const text of ['count()', 'sum(n)']) hold(parse(text).query!).release()
  expect(host.size).toBe(2)
  clock.advance(1000)
  expect(host.size).toBe(0)
  expect(host.hold(parse('count() by 1m').query!, ALL)).toMatchObject({ hint: expect.stringContaining('last 24h') })
})

test('one that has missed events is not shared any more', async () => {
  const { begin, lose } = made()
  const { host, hold, send } = await begin()
  const one = hold(COUNT)
  await one.past
  send({ k: 1 })
  lose({ k: 2 })
  send({ k: 3 })
  expect(one.standing.coverage).toContain('1 events were missed')
  expect(hold(COUNT).standing).not.toBe(one.standing)
  one.release()
  expect(host.size).toBe(1)
})
