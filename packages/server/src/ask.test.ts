import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, SimulatedClock } from '@telltale/event'
import { history } from '@telltale/history'
import { parse, type Query, TooMuch } from '@telltale/query'
import { recent } from '@telltale/recent'
import { expect, test } from 'vitest'
import { Asker, type AskLimits } from './ask.ts'

const EVERYTHING = { from: 0, to: 9e15 }

/** Asks of a ring of 100 events that has everything. */
function ask(text: string, limits: Partial<AskLimits>): Promise<{ rows: readonly unknown[] }> {
  const latest = recent({ clock: new SimulatedClock(1e12) })
  const asker = new Asker(latest, history({ path: mkdtempSync(join(tmpdir(), 'telltale-ask-')) }), limits)
  asker.beforeRing = Number.NEGATIVE_INFINITY
  const { batch } = batchOf(
    Array.from({ length: 100 }, (_, n) => ({ type: 'a', n })),
    { hostname: 'h', receivedAt: 1e12 },
  )
  batch.seq = 1
  batch.collector = 'c'
  latest.append(batch)
  return asker.ask(parse(text).query as Query, EVERYTHING)
}

test('as many events as allowed are given, more are refused with the ways out', async () => {
  expect((await ask('* | limit 1000000000', { events: 100 })).rows.length).toBe(100)
  expect((await ask('* | limit 99', { events: 99 })).rows.length).toBe(99)
  expect((await ask('n < 5', { events: 99 })).rows.length).toBe(5)
  await expect(ask('*', { events: 99 })).rejects.toThrow('more than 99 events: ask for fewer by limit, page by page')
  await expect(ask('* | sort n | limit 1000000000', { events: 99 })).rejects.toThrow(TooMuch)
})

test('groups beyond what is allowed are refused, whatever the limit of rows', async () => {
  expect((await ask('* | count() by n | limit 3', { cells: 200 })).rows.length).toBe(3)
  await expect(ask('* | count() by n | limit 3', { cells: 198 })).rejects.toThrow('more than 99 groups')
})

test('a query that takes too long ends', async () => {
  const slow = Array.from({ length: 100 }, (_, i) => `n + ${i} > 1000`).join(' or ')
  await expect(ask(slow, { ms: 0 })).rejects.toThrow('queries.ms')
})
