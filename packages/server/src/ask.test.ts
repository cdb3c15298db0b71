import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, SimulatedClock } from '@telltale/event'
import { type History, history } from '@telltale/history'
import { evaluate, parse, type Query, type Scope, TooMuch } from '@telltale/query'
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

test('an answer that lacks events which a disk damaged does not call itself exact', async () => {
  const lacking = (uncovered: string | undefined): Asker => {
    const kept = {
      flushedSeq: 10,
      revision: 0,
      journal: { lastSeq: 10 },
      status: { engine: { kind: 'ready' } },
      async *unflushed() {},
      partial: async (query: Query, scope: Scope) => evaluate(query, [], scope),
      uncovered: ({ from }: Scope) => (from < 50 ? uncovered : undefined),
    }
    return new Asker(recent({ clock: new SimulatedClock(1e12) }), kept as unknown as History)
  }
  const coverage = async (uncovered: string | undefined, from: number): Promise<string> =>
    (await lacking(uncovered).ask(parse('* | count()').query as Query, { from, to: 100 })).stats.coverage
  expect(await coverage('up to 5 events of 1 part of the history', 0)).toBe(
    'not covered: damaged on disk: up to 5 events of 1 part of the history',
  )
  expect(await coverage('up to 5 events of 1 part of the history', 60)).toBe('exact')
  expect(await coverage(undefined, 0)).toBe('exact')
})

test('the newest events are of all there are, also where the ring has them and the history too', async () => {
  const latest = recent({ clock: new SimulatedClock(1e12), events: 1000 })
  const { batch } = batchOf(
    Array.from({ length: 1100 }, (_, i) => ({ type: 'a', n: i, time: 1e12 + i + (i === 900 ? 5000 : 0) })),
    { hostname: 'h', receivedAt: 1e12 },
  )
  batch.seq = 1
  batch.collector = 'c'
  latest.append(batch)
  const kept = {
    flushedSeq: 950,
    revision: 0,
    restarts: 0,
    journal: { lastSeq: 1100 },
    status: { engine: { kind: 'ready' } },
    async *unflushed() {},
  }
  const asker = new Asker(latest, kept as unknown as History)
  asker.beforeRing = Number.NEGATIVE_INFINITY
  const { rows, stats } = await asker.ask(parse('type = a | limit 3').query as Query, EVERYTHING)
  expect(rows.map(([event]) => (event as { seq: number }).seq)).toEqual([901, 1100, 1099])
  expect([stats.sources, stats.coverage]).toEqual([['recent'], 'exact'])
  expect((await asker.ask(parse('type = a | limit 0').query as Query, EVERYTHING)).rows).toEqual([])
})

test('what was asked while the engine went and came back is asked again', async () => {
  const states = ['ready', 'ready', 'starting']
  const kept = {
    flushedSeq: 10,
    revision: 0,
    restarts: 0,
    journal: { lastSeq: 10 },
    get status() {
      return { engine: { kind: states.shift() } }
    },
    async *unflushed() {},
    async partial(query: Query, scope: Scope) {
      this.restarts++
      return evaluate(query, [], scope)
    },
    uncovered: () => undefined,
  }
  const asker = new Asker(recent({ clock: new SimulatedClock(1e12) }), kept as unknown as History)
  const { stats } = await asker.ask(parse('* | count()').query as Query, EVERYTHING)
  expect([states, stats.coverage]).toEqual([[], 'not covered: the history is starting'])
})

test('what was asked while a part was set aside is asked again', async () => {
  let asked = 0
  const kept = {
    flushedSeq: 10,
    revision: 0,
    journal: { lastSeq: 10 },
    status: { engine: { kind: 'ready' } },
    async *unflushed() {},
    async partial(query: Query, scope: Scope) {
      if (++asked === 1) this.revision++
      return evaluate(query, [], scope)
    },
    uncovered: () => undefined,
  }
  const asker = new Asker(recent({ clock: new SimulatedClock(1e12) }), kept as unknown as History)
  const { stats } = await asker.ask(parse('* | count()').query as Query, EVERYTHING)
  expect([asked, stats.coverage]).toEqual([2, 'exact'])
})
