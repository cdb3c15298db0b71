import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, SimulatedClock } from '@telltale/event'
import { history } from '@telltale/history'
import { type Recent, recent } from '@telltale/recent'
import { expect, test } from 'vitest'
import { Asker } from './ask.ts'
import { Live, type LiveOptions, type Subscribe } from './live.ts'
import { StandingHost } from './standing-host.ts'

interface Message {
  id: string | null
  events?: { additional_info: { n: number } }[]
  rows?: unknown[][]
  reset?: boolean
  dropped?: number
  error?: { message: string }
}

function made(options: Partial<LiveOptions> = {}): {
  clock: SimulatedClock
  live: Live
  latest: Recent
  send(events: number, type?: string): Promise<void> | undefined
  /** So many are journaled, and do not come here. */
  skip(events: number): void
  subscriber(): { got: Message[]; receive(message: Subscribe): void; waiting: number; leave(): void }
} {
  const clock = new SimulatedClock(1e12)
  const latest = recent({ clock })
  rings.push(latest)
  const kept = history({ path: mkdtempSync(join(tmpdir(), 'telltale-live-')) })
  const asker = new Asker(latest, kept)
  asker.beforeRing = Number.NEGATIVE_INFINITY
  const host = new StandingHost({ asker, recent: latest, clock })
  const live = new Live({ host, asker, recent: latest, clock, ...options })
  let seq = 1
  return {
    clock,
    live,
    latest,
    send(events, type = 'a') {
      const origin = { hostname: 'h', receivedAt: clock.now() }
      const { batch } = batchOf(
        Array.from({ length: events }, (_, i) => ({ type, n: seq + i })),
        origin,
      )
      batch.seq = seq
      batch.collector = 'c'
      seq += events
      latest.append(batch)
      host.batch(batch)
      return live.batch(batch)
    },
    skip(events) {
      seq += events
    },
    subscriber() {
      const got: Message[] = []
      const outgoing = { waiting: 0, send: (text: string) => void got.push(JSON.parse(text) as Message) }
      const { receive, leave } = live.join(outgoing)
      return Object.assign(outgoing, { got, receive, leave })
    },
  }
}

/** The rings made so far. */
const rings: Recent[] = []

/** Once nothing is being asked any more. */
async function settled(): Promise<void> {
  do await new Promise(resolve => setTimeout(resolve, 20))
  while (rings.some(({ slices }) => slices.size > 0))
}

const numbers = (got: Message[]): number[] => got.flatMap(m => m.events?.map(event => event.additional_info.n) ?? [])

test('the past, then what comes: each event once, also those that came while the past was asked', async () => {
  const { send, subscriber } = made()
  send(3)
  const one = subscriber()
  one.receive({ id: 'x', query: 'type = a', from: '-15m' })
  send(2)
  send(1, 'b')
  await settled()
  send(2)
  expect(numbers(one.got)).toEqual([1, 2, 3, 4, 5, 7, 8])
})

test('without a range only what comes, and only what matches', async () => {
  const { send, subscriber } = made()
  send(3)
  const one = subscriber()
  one.receive({ id: 'x', query: 'n > 4' })
  await settled()
  send(3)
  expect(numbers(one.got)).toEqual([5, 6])
  one.receive({ id: 'x', unsubscribe: true })
  send(3)
  expect(numbers(one.got)).toEqual([5, 6])
})

test('an aggregate is sent anew when it changes, and only then', async () => {
  const { clock, send, subscriber } = made()
  send(3)
  const one = subscriber()
  one.receive({ id: 'c', query: 'type = a | count()' })
  await settled()
  for (let i = 0; i < 8; i++) {
    clock.advance(1000)
    await settled()
    if (i === 3) send(2)
  }
  expect(one.got.map(m => m.rows)).toEqual([[[3]], [[5]]])
})

test('who does not read is not sent to, then told to start over', async () => {
  const { send, subscriber } = made({ maxWaiting: 1000 })
  const slow = subscriber()
  const quick = subscriber()
  for (const one of [slow, quick]) one.receive({ id: 'x', query: '' })
  await settled()
  send(1)
  slow.waiting = 2000
  for (let i = 0; i < 50; i++) send(10)
  expect(numbers(slow.got)).toEqual([1])
  expect(numbers(quick.got)).toHaveLength(501)
  slow.waiting = 0
  send(1)
  expect(slow.got.slice(-2)).toMatchObject([
    { id: 'x', reset: true },
    { id: 'x', events: [{ additional_info: { n: 502 } }] },
  ])
})

test('who fell behind is told so also where nothing comes any more that matches', async () => {
  const { clock, send, skip, subscriber } = made()
  const one = subscriber()
  one.receive({ id: 'x', query: 'type = rare' })
  one.receive({ id: 'c', query: 'type = rare | count()' })
  await settled()
  send(1)
  skip(2)
  send(1)
  clock.advance(1000)
  expect(one.got.filter(({ reset }) => reset)).toEqual([{ id: 'x', reset: true }])
  clock.advance(1000)
  expect(one.got.filter(({ reset }) => reset)).toHaveLength(1)
})

test('a subscription that has ended says nothing more, though its past comes only then', async () => {
  const { send, subscriber } = made()
  send(3)
  send(2, 'b')
  const one = subscriber()
  one.receive({ id: 'x', query: 'type = a', from: '-15m' })
  one.receive({ id: 'y', query: 'type = a', from: '-15m' })
  one.receive({ id: 'x', query: 'type = b', from: '-15m' })
  one.receive({ id: 'y', unsubscribe: true })
  send(1)
  send(1, 'b')
  await settled()
  expect(numbers(one.got)).toEqual([4, 5, 7])
})

test('a range in the query, and an end, hold for what follows too', async () => {
  const { clock, latest, live, subscriber } = made()
  let seq = 1
  const send = (...times: number[]): void => {
    const origin = { hostname: 'h', receivedAt: clock.now() }
    const { batch } = batchOf(
      times.map((time, i) => ({ type: 'a', n: seq + i, time })),
      origin,
    )
    batch.seq = seq
    batch.collector = 'c'
    seq += times.length
    latest.append(batch)
    void live.batch(batch)
  }
  const now = clock.now()
  send(now - 3600_000, now - 1000)
  const asked = {
    last: { query: 'last 15m | type = a' },
    between: { query: 'between 2001-09-09T00:00:00Z and 2001-09-09T01:46:41Z' },
    end: { query: '', to: now + 1000 },
    now: { query: '', from: '-15m', to: 'now' },
    all: { query: '' },
  }
  const got = Object.entries(asked).map(([id, subscription]) => {
    const one = subscriber()
    one.receive({ id, ...subscription })
    return one
  })
  await settled()
  send(now - 1800_000, now - 500, now + 500, now + 2000)
  expect(Object.fromEntries(got.map(({ got }) => [got[0]!.id, numbers(got)]))).toEqual({
    last: [2, 4, 5, 6],
    between: [1, 2, 3, 4, 5],
    end: [1, 2, 3, 4, 5],
    now: [2, 3, 4, 5, 6],
    all: [3, 4, 5, 6],
  })
})

test('a flood is thinned, and says by how much', async () => {
  const { clock, send, subscriber } = made({ maxEvents: 100 })
  const one = subscriber()
  one.receive({ id: 'x', query: '' })
  await settled()
  send(70)
  send(70)
  expect(numbers(one.got)).toHaveLength(100)
  clock.advance(1000)
  expect(one.got.at(-1)).toEqual({ id: 'x', dropped: 40 })
  send(5)
  expect(numbers(one.got)).toHaveLength(105)
})

test('a bad query, a missing id and too many subscriptions are answered in words', async () => {
  const { subscriber } = made({ maxSubscriptions: 2 })
  const one = subscriber()
  one.receive({ id: 'x', query: 'type = = a' })
  one.receive({ query: 'type = a' })
  one.receive({ id: 7 })
  for (const id of ['a', 'b', 'c']) one.receive({ id, query: '' })
  await settled()
  expect(one.got.filter(m => m.error).map(m => m.id)).toEqual(['x', null, null, 'c'])
  expect(one.got[0]!.error).toMatchObject({ position: 7 })
})

test('all who do not read share one bound; who reads is served, who lags starts over', async () => {
  const { live, send, subscriber } = made({ maxUnread: 100_000 })
  const deaf = Array.from({ length: 50 }, subscriber)
  // what it is sent and does not read
  for (const each of deaf) {
    const { send: show } = each as unknown as { send(text: string): void }
    Object.assign(each, {
      send: (text: string) => {
        each.waiting += text.length
        show(text)
      },
    })
  }
  const reader = subscriber()
  for (const each of [...deaf, reader]) each.receive({ id: 'a', query: '' })
  await new Promise(resolve => setImmediate(resolve))
  for (let i = 0; i < 40; i++) await send(10)
  expect(reader.got.flatMap(({ events }) => events ?? [])).toHaveLength(400)
  expect(deaf.reduce((sum, { waiting }) => sum + waiting, 0)).toBeLessThan(250_000)
  // one of them reads again: it is told to start over, then goes on
  const [first] = deaf
  first!.waiting = 0
  first!.got.length = 0
  for (const each of deaf.slice(1)) each.leave()
  send(1)
  expect(first!.got.map(({ reset, events }) => reset ?? events!.length)).toEqual([true, 1])
  live.stop()
})

test('where batches were dropped on the way here, whoever follows is told to start over', async () => {
  const { live, send, subscriber, skip } = made()
  const one = subscriber()
  one.receive({ id: 'a', query: '' })
  await new Promise(resolve => setImmediate(resolve))
  send(2)
  skip(5)
  send(1)
  expect(one.got.slice(1).map(({ reset, events }) => reset ?? events!.map(e => e.additional_info.n))).toEqual([
    [1, 2],
    true,
    [8],
  ])
  live.stop()
})

test('serving very many leaves the event loop to others in between, and serves each', async () => {
  const { live, send, subscriber } = made()
  const all = Array.from({ length: 3000 }, subscriber)
  for (const each of all) each.receive({ id: 'a', query: '' })
  await new Promise(resolve => setImmediate(resolve))
  let turns = 0
  let counting = true
  const count = (): void => {
    turns++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  await send(400)
  counting = false
  expect(turns).toBeGreaterThan(3)
  for (const { got } of all) expect(got.flatMap(({ events }) => events ?? [])).toHaveLength(400)
  live.stop()
})
