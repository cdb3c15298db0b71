import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, SimulatedClock } from '@telltale/event'
import { history } from '@telltale/history'
import { Pipeline } from '@telltale/pipeline'
import { recent } from '@telltale/recent'
import fastify from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { Asker } from '../ask.ts'
import { BrokenRequests } from '../broken-requests.ts'
import type { Context } from '../context.ts'
import { Room } from '../room.ts'
import { events } from './events.ts'

const clock = new SimulatedClock(1e12)
const latest = recent({ clock })
const asker = new Asker(latest, history({ path: mkdtempSync(join(tmpdir(), 'telltale-page-')) }))
asker.beforeRing = Number.NEGATIVE_INFINITY
const journal = { pressure: undefined, append: async () => {} }
const pipeline = new Pipeline({ journal, clock, hostname: 'me' })
const app = fastify()
const context = { clock, asker, pipeline, recent: latest, allowed: () => true } as unknown as Context
events(app, context, { room: new Room(1e6), stopping: new AbortController().signal, broken: new BrokenRequests() })

const { batch } = batchOf(
  Array.from({ length: 5_000 }, (_, n) => ({ type: 'a', n, time: 1e12 + (n >> 1) })),
  { hostname: 'h', receivedAt: 1e12 },
)
batch.seq = 1
batch.collector = 'c'
latest.append(batch)

afterAll(() => app.close())

interface Answered {
  events: { additional_info: { n: number } }[]
  cursor?: string
  error?: { message: string; hint: string }
}

async function get(query: string, limit: number, cursor?: string): Promise<{ status: number; body: Answered }> {
  const answer = await app.inject({
    url: '/v1/events',
    query: { query, limit: String(limit), ...(cursor === undefined ? {} : { cursor }) },
  })
  return { status: answer.statusCode, body: answer.json<Answered>() }
}

/** All pages, as what each holds. */
async function pages(query: string, limit: number): Promise<number[][]> {
  const all: number[][] = []
  let cursor: string | undefined
  do {
    const { body } = await get(query, limit, cursor)
    all.push(body.events.map(event => event.additional_info.n))
    cursor = body.cursor
  } while (cursor !== undefined)
  return all
}

const newest = (count: number): number[] => Array.from({ length: count }, (_, i) => 4_999 - i)

test.each([
  ['type = a', 2_000, [2_000, 2_000, 1_000]],
  ['type = a | limit 2500', 1_000, [1_000, 1_000, 500]],
  ['type = a | limit 2000', 1_000, [1_000, 1_000]],
  ['type = a | limit 3', 1_000, [3]],
  ['type = a | limit 3', 3, [3]],
  ['type = a | limit 3', 2, [2, 1]],
  ['n < 2 | limit 3', 1_000, [2]],
])('%s, by %i', async (query, limit, lengths) => {
  const all = await pages(query, limit)
  expect(all.map(({ length }) => length)).toEqual(lengths)
  if (query.startsWith('type')) expect(all.flat()).toEqual(newest(all.flat().length))
})

test('who raises what a cursor has left gets no more than the query says', async () => {
  const { body } = await get('type = a | limit 3', 2)
  const raised = await get('type = a | limit 3', 100, body.cursor!.replace(/[^.]+$/, 'zzz'))
  expect(raised.body.events.length).toBe(3)
})

test('sorted events come on one page, or are refused', async () => {
  const sorted = async (query: string, limit: number): Promise<unknown> => {
    const { status, body } = await get(query, limit)
    return [status, body.events?.map(event => event.additional_info.n), body.cursor]
  }
  expect(await sorted('n < 3 | sort n', 100)).toEqual([200, [0, 1, 2], undefined])
  expect(await sorted('n < 3 | sort n', 3)).toEqual([200, [0, 1, 2], undefined])
  expect(await sorted('type = a | sort n | limit 3', 3)).toEqual([200, [0, 1, 2], undefined])
  const more = await get('n < 4 | sort n', 3)
  expect(more).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('sorted events cannot be paged') } },
  })
  expect(more.body.error!.hint).toContain('POST the query to /v1/query')
  const { body } = await get('type = a', 3)
  expect(await get('type = a | sort n', 3, body.cursor)).toMatchObject({ status: 400, body: more.body })
})

test.each(['', '.', '1', '1.', '1.2.', '1.2.3.4', 'x y.1', '1.2.-3'])('"%s" is no cursor', async cursor => {
  expect(await get('', 10, cursor)).toMatchObject({ status: 400, body: { error: { hint: expect.any(String) } } })
})
