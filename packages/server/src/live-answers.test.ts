import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Batch, batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { history } from '@telltale/history'
import { parse } from '@telltale/query'
import { type Recent, recent } from '@telltale/recent'
import { expect, test, vi } from 'vitest'
import { type Answer, Asker } from './ask.ts'
import { LiveAnswers } from './live-answers.ts'
import { type Asked, readQuestion } from './question.ts'
import type { Refusal } from './refuse.ts'
import { StandingHost } from './standing-host.ts'

const START = 1e12

function made(maxKeys = 10_000) {
  const clock = new SimulatedClock(START)
  const latest = recent({ clock })
  rings.push(latest)
  const kept = history({ path: mkdtempSync(join(tmpdir(), 'telltale-answers-')) })
  const asker = new Asker(latest, kept)
  asker.beforeRing = Number.NEGATIVE_INFINITY
  const asked = vi.spyOn(asker, 'partial')
  const host = new StandingHost({ asker, recent: latest, clock, maxKeys, linger: 0 })
  const answers = new LiveAnswers({ host, asker, clock, every: 250 })
  let seq = 1
  const ring = (events: EventInput[]): Batch => {
    const { batch } = batchOf(events, { hostname: 'h', receivedAt: clock.now() })
    batch.seq = seq
    batch.collector = 'c'
    seq += events.length
    latest.append(batch)
    return batch
  }
  return {
    clock,
    answers,
    asked,
    latest,
    /** The ring has them, live answers never get them. */
    lose: (...events: EventInput[]) => void ring(events),
    send: (...events: EventInput[]) => host.batch(ring(events)),
    look(query: string, about: Omit<Asked, 'query'> = {}) {
      const got: (Answer | Refusal)[] = []
      const viewer = {
        full: false,
        show(answer: Answer, rows: string) {
          expect(rows).toBe(JSON.stringify(answer.rows))
          got.push(answer)
        },
        refuse: (refusal: Refusal) => void got.push(refusal),
      }
      const question = readQuestion({ query, ...about }, clock.now())
      if ('error' in question) throw new Error(question.error.message)
      const leave = answers.join({ query, ...about }, question.query, viewer)
      return {
        leave,
        viewer,
        get scanned() {
          return got.map(answer => ('rows' in answer ? answer.stats.scanned : answer))
        },
        get coverages() {
          return got.map(answer => ('rows' in answer ? answer.stats.coverage : answer))
        },
        get rows() {
          return got.map(answer => ('rows' in answer ? answer.rows : answer))
        },
      }
    },
  }
}

/** The rings made so far. */
const rings: Recent[] = []

/** Once nothing is being asked any more. */
async function settled(): Promise<void> {
  do await new Promise(resolve => setTimeout(resolve, 5))
  while (rings.some(({ slices }) => slices.size > 0))
}

test('the past is asked once, then every batch revises the answer, at most every 250 ms', async () => {
  const { clock, asked, send, look } = made()
  send({ type: 'a' }, { type: 'b' })
  const one = look('count() by type', { from: '-15m' })
  send({ type: 'a' })
  await settled()
  send({ type: 'b' })
  send({ type: 'c' })
  clock.advance(100)
  send({ type: 'c' })
  const first = [
    ['a', 2],
    ['b', 1],
  ]
  expect(one.rows).toEqual([first])
  clock.advance(150)
  const second = [
    ['a', 2],
    ['b', 2],
    ['c', 2],
  ]
  expect(one.rows).toEqual([first, second])
  clock.advance(10_000)
  expect(one.rows).toHaveLength(2)
  send({ type: 'c' })
  expect(one.rows.at(-1)).toEqual([...second.slice(0, 2), ['c', 3]])
  expect(asked).toHaveBeenCalledTimes(1)
})

test('what passes out of the range goes, also while nothing comes', async () => {
  const { clock, send, look } = made()
  send({ n: 1 })
  const range = look('sum(n)', { from: '-1m' })
  const window = look('sum(n) over 10s')
  const buckets = look('sum(n) by 10s', { from: '-20s', to: 'now' })
  await settled()
  clock.advance(5_000)
  send({ n: 2 })
  clock.advance(9_000)
  const sums = window.rows.map(rows => (rows as number[][])[0]![1])
  expect(sums.filter((sum, i) => sum !== sums[i - 1])).toEqual([1, 3, 2])
  clock.advance(60_000)
  expect(range.rows).toEqual([[[1]], [[3]], [[2]], [[null]]])
  expect(window.rows.at(-1)).toEqual([[expect.any(Number), null]])
  expect(buckets.rows.slice(-2)).toEqual([[[START, 3]], []])
})

test('those who ask the same share one query, until the last has gone', async () => {
  const { answers, clock, send, look } = made()
  const all = [look('type = a | count()'), look('type=a|count()'), look('type = a | count()', { from: '-1h' })]
  await settled()
  send({ type: 'a' })
  clock.advance(250)
  expect(answers.stats).toEqual({ queries: 2, standing: 2 })
  const late = look('type = a | count()')
  expect(all.map(one => one.rows.at(-1))).toEqual([[[1]], [[1]], [[1]]])
  for (const one of all) one.leave()
  expect(answers.stats).toEqual({ queries: 1, standing: 1 })
  late.leave()
  expect(answers.stats).toEqual({ queries: 0, standing: 0 })
})

test('what cannot stand, and what has too many keys, is asked again', async () => {
  const { answers, clock, send, look } = made(3)
  const endless = look('count() by 1h')
  const keys = look('count() by n | sort n desc | limit 2')
  await settled()
  for (let n = 0; n < 6; n++) {
    send({ n })
    clock.advance(1000)
    await settled()
  }
  clock.advance(1000)
  await settled()
  expect(endless.rows.at(-1)).toEqual([[Math.floor(START / 36e5) * 36e5, 6]])
  expect(keys.rows.at(-1)).toEqual([
    [5, 1],
    [4, 1],
  ])
  expect(answers.stats).toEqual({ queries: 2, standing: 0 })
})

test('what an answer looked at is its past and what came since', async () => {
  const { clock, send, look } = made()
  send({}, {}, {})
  const one = look('count()')
  await settled()
  send({}, {})
  clock.advance(1000)
  expect(one.scanned).toEqual([3, 5])
})

test('where batches were missed the query begins anew', async () => {
  const { clock, send, lose, look } = made()
  const one = look('count()')
  await settled()
  send({}, {})
  lose({}, {}, {})
  clock.advance(1000)
  send({})
  clock.advance(1000)
  await settled()
  expect(one.rows).toEqual([[[0]], [[2]], [[6]]])
})

test('also where nothing comes any more that it counts', async () => {
  const { clock, send, lose, look } = made()
  const one = look('type = rare | count()')
  await settled()
  send({ type: 'rare' })
  lose({ type: 'rare' }, { type: 'rare' })
  clock.advance(1000)
  send({})
  clock.advance(2000)
  await settled()
  expect(one.rows).toEqual([[[0]], [[1]], [[3]]])
})

test('a clock that went ahead and came back does not empty an answer; what was ahead of it is in once it is there', async () => {
  const { clock, send, look } = made()
  const one = look('last 1h | count()')
  await settled()
  send({}, {}, { time: START + 400_000 })
  clock.jump(7200_000)
  await settled()
  clock.jump(-6900_000)
  clock.advance(2000)
  await settled()
  clock.advance(2000)
  await settled()
  expect(one.rows.at(-1)).toEqual([[2]])
  clock.advance(110_000)
  await settled()
  clock.advance(2000)
  await settled()
  expect(one.rows.at(-1)).toEqual([[3]])
})

test('what an answer lacks is told also where its rows are the same', async () => {
  const { clock, send, look } = made()
  const one = look('last 1h | type = rare | count()')
  await settled()
  send({ type: 'rare' })
  clock.advance(1000)
  send({ type: 'rare', time: START + 500_000 })
  clock.advance(1000)
  expect(one.rows).toEqual([[[0]], [[1]], [[1]]])
  expect(one.coverages).toEqual(['exact', 'exact', 'approximate: 1 events were too far ahead of the clock'])
})

test('an answer that may be cut says so, where nobody named a limit; rates go on with the clock', async () => {
  const { clock, send, look } = made(20_000)
  send(...Array.from({ length: 10_001 }, (_, n): EventInput => ({ n, type: 'many' })))
  const one = look('count() by n')
  const named = look('count() by n | limit 9999')
  const rate = look('rate(1s)', { from: START - 10_001 * 1000 })
  await settled()
  await vi.waitFor(() => {
    clock.advance(1000)
    expect([one, named, rate].every(({ rows }) => rows.length > 0)).toBe(true)
  }, 10_000)
  expect([one.coverages[0], named.coverages[0]]).toEqual([expect.stringContaining('more than these 10000'), 'exact'])
  expect(rate.rows[0]).toEqual([[expect.closeTo(1, 2)]])
})

test('an answer of many rows is made bit by bit, as it was when that began, and anew after what came meanwhile', async () => {
  const { clock, send, look } = made()
  const many = (n: number): EventInput[] => Array.from({ length: 3000 }, (_, i) => ({ type: `t${i}`, n }) as EventInput)
  send(...many(1))
  const one = look('count(), max(n) by type')
  const shown = (times: number): Promise<unknown[][]> =>
    vi.waitFor(() => {
      clock.advance(60_000)
      expect(one.rows).toHaveLength(times)
      return one.rows.at(-1) as unknown[][]
    }, 10_000)
  expect((await shown(1)).map(row => row.slice(1))).toEqual(Array(3000).fill([1, 1]))
  send(...many(2))
  await new Promise(resolve => setImmediate(resolve))
  send({ type: 't7', n: 9 } as EventInput)
  expect((await shown(2)).map(row => row.slice(1))).toEqual(Array(3000).fill([2, 2]))
  const last = await shown(3)
  expect(last.find(([type]) => type === 't7')).toEqual(['t7', 3, 9])
  expect(last.filter(([, count]) => count === 2)).toHaveLength(2999)
  one.leave()
})

test('who has too much unread is shown the answer once there is room', async () => {
  const { clock, send, look } = made()
  const one = look('count()')
  await settled()
  one.viewer.full = true
  send({}, {})
  clock.advance(5000)
  expect(one.rows).toEqual([[[0]]])
  one.viewer.full = false
  clock.advance(1000)
  expect(one.rows).toEqual([[[0]], [[2]]])
})

test('whenever the past is asked, answers are those of the ring', async () => {
  const { clock, latest, send, look } = made()
  const text = 'type != c | count(), sum(n), p50(n) by type, n | sort n'
  let sent = 0
  for (let round = 0; round < 6; round++) {
    const one = look(text)
    for (let i = 0; i < 20; i++) {
      send(...Array.from({ length: 1 + (i % 4) }, () => ({ type: 'abc'[sent++ % 3]!, n: sent % 7 })))
      if (i % (round + 1) === 0) await Promise.resolve()
    }
    await settled()
    clock.advance(250)
    expect(one.rows.at(-1)).toEqual(latest.query(parse(text).query!).rows)
    one.leave()
  }
})
