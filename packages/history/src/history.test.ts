import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, type Event, type EventInput, SimulatedClock } from '@telltale/event'
import { finish, parse } from '@telltale/query'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { type History, history } from './history.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
let path: string
let one: History
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'history-'))
  one = history({ path, keep: 'forever', log: console.error })
  await one.start()
})
afterAll(async () => {
  await one.stop()
  await rm(path, { recursive: true, force: true })
})

async function put(events: EventInput[]): Promise<Event[]> {
  const { batch, problems } = batchOf(events, { hostname: 'h', receivedAt: NOW + 0.125 })
  expect(problems).toEqual([])
  await one.append(batch)
  return events.map((_, i) => batch.event(i))
}

async function everything(): Promise<Event[]> {
  const events: Event[] = []
  for await (const batch of one.latest(1e6)) for (let i = 0; i < batch.length; i++) events.push(batch.event(i))
  return events
}

test('what was appended comes back exactly, from journal or history, weird keys and big numbers too', async () => {
  const sent = await put([
    {
      type: 'a',
      time: NOW + 0.001,
      additional_info: { x: 1, 'a.b': 2, a: { b: 3, c: [1, { d: null }] }, '': { '': 0 } },
    },
    {
      type: 'b',
      tags: ['p', 'q"'],
      time: NOW - 86_400_000,
      additional_info: JSON.parse('{"__proto__":{"x":1},"`":2,"é😀":"\\u0000\\\\\'"}'),
    },
    {
      type: 'c',
      additional_info: { big: 1e20, bigger: 1e308, tiny: 5e-324, exact: 2 ** 64, negative: -(2 ** 70), inside: [1e25] },
    },
    { type: 'd', additional_info: { lone: 'a\ud800b', text: '"12345678901234567890123"' } },
    { type: '', md5: 'anything at all', time: '1999-12-31T23:59:59.123456Z' },
    'a bare string',
  ])
  const journaled = await everything()
  await one.flush()
  expect(one.flushedSeq).toBe(sent.length)
  expect(await one.count()).toBe(sent.length)
  const kept = await everything()
  expect(JSON.stringify(kept)).toBe(JSON.stringify(sent))
  expect(JSON.stringify(journaled)).toBe('[]')
  expect(one.status.refused).toBe(0)
})

test('a hand-over while a query runs is not in its answer', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'history-'))
  const clock = new SimulatedClock(NOW)
  const engine = embedded({ path: join(elsewhere, 'history') })
  const other = history({ path: elsewhere, keep: 'forever', engine, clock })
  const add = async (n: number): Promise<void> => {
    const { batch } = batchOf(
      Array.from({ length: n }, () => ({ type: 'a' })),
      { hostname: 'h', receivedAt: NOW },
    )
    await other.append(batch)
    await other.flush()
  }
  const query = parse('* | count()').query!
  const counted = async (): Promise<unknown> =>
    finish(query, await other.partial(query, { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY })).rows
  await other.start()
  onTestFinished(async () => {
    await other.stop()
    await rm(elsewhere, { recursive: true, force: true })
  })
  await add(3)
  clock.advance(60_000)
  const asked: string[] = []
  const read = engine.read.bind(engine)
  engine.read = async (sql, options) => {
    engine.read = read
    asked.push(sql)
    await add(4) // between the asking and the answer
    return read(sql, options)
  }
  expect(await counted()).toEqual([[3]])
  expect(asked[0]).not.toContain('seq')
  expect(await counted()).toEqual([[7]])
})

test('the greatest time below a seq is known', async () => {
  expect(await one.maxTimeBelow(2)).toBe(NOW + 0.001)
  expect(await one.maxTimeBelow(1)).toBeUndefined()
})
