/**
 * Made-up events and queries, every evaluator beside the reference: the ring, the history, both across the seam, and
 * queries left standing. A few seconds by default; TELLTALE_CASES=1000 for a campaign over so many event sets,
 * TELLTALE_HISTORY for so many queries of the history, TELLTALE_SEED to begin elsewhere. A failure names its seed and query: make it a case of conformance/.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Batch, batchOf, type Event, type EventInput, SimulatedClock } from '../packages/event/src/index.ts'
import { history } from '../packages/history/src/index.ts'
import { type RandomCase, randomCase, same } from '../packages/query/src/conformance.ts'
import { evaluate, finish, merge, type Partial, print, type Query, type Scope } from '../packages/query/src/index.ts'
import { type Recent, recent } from '../packages/recent/src/index.ts'
import { canStand, standing } from '../packages/standing/src/index.ts'

const CASES = Number(process.env['TELLTALE_CASES'] ?? 12)
const FIRST = Number(process.env['TELLTALE_SEED'] ?? 1)
const QUERIES = 4
/** Queries of the history, which takes about 30 ms for one. */
const ASKED = Number(process.env['TELLTALE_HISTORY'] ?? CASES * QUERIES)
const PATIENCE = Math.max(60_000, CASES * 1000, ASKED * 200)

interface Made extends RandomCase {
  /** Several over the same events. */
  readonly queries: readonly Pick<RandomCase, 'query' | 'scope'>[]
}

function* made(offset: number, queries: number): Generator<Made> {
  for (let i = 0; i < CASES; i++) {
    const seed = FIRST + offset + i
    const others = Array.from({ length: queries - 1 }, (_, j) => randomCase(seed * 1009 + j, 0))
    yield { ...randomCase(seed), queries: [randomCase(seed), ...others] }
  }
}

/** Journaled batches of so many events, the seq of the first being `after` + 1. */
function* batches(events: readonly Event[], size: number, after = 0): Generator<Batch> {
  for (let i = 0; i < events.length; i += size) {
    const { batch } = batchOf(events.slice(i, i + size) as EventInput[], {
      hostname: 'h1',
      receivedAt: 0,
      trusted: true,
    })
    batch.seq = after + i + 1
    batch.collector = 'c1'
    yield batch
  }
}

function ringOf(events: readonly Event[], chunk: number, size: number, after = 0): Recent {
  const ring = recent({ chunk, clock: new SimulatedClock(0) })
  for (const batch of batches(events, size, after)) ring.append(batch)
  return ring
}

let compared = 0

function agree(what: string, seed: number, query: Query, scope: Scope, found: Partial, events: readonly Event[]): void {
  compared++
  const expected = finish(query, evaluate(query, events, scope), scope)
  const result = finish(query, found, scope)
  if (!same(result, expected))
    expect({ what, seed, query: print(query), scope, ...result }).toEqual({ what, seed, ...expected })
}

function report(who: string): void {
  if (process.env['TELLTALE_CASES'] !== undefined) console.log(`${who}: ${compared} comparisons`)
  compared = 0
}

test('the ring, fed little by little, and split at every sequence', { timeout: PATIENCE }, () => {
  for (const { seed, events, queries } of made(0, QUERIES)) {
    const chunk = 1 + (seed % 13)
    const size = 1 + (seed % 7)
    for (const { query, scope } of queries) {
      // Asked after every batch: what it remembers of sealed chunks must equal what it would find now.
      const ring = recent({ chunk, clock: new SimulatedClock(0) })
      let seen = 0
      for (const batch of batches(events, size)) {
        ring.append(batch)
        seen += batch.length
        agree('incremental', seed, query, scope, ring.partial(query, scope), events.slice(0, seen))
      }
      for (let k = 0; k <= events.length; k += 1 + (seed % 3)) {
        const old = evaluate(query, events, { ...scope, uptoSeq: k })
        const fresh = k === 0 ? ring.partial(query, scope) : ring.partial(query, { ...scope, afterSeq: k })
        agree(`split after ${k}`, seed, query, scope, merge(query, old, fresh), events)
        const ends = merge(query, fresh, ring.partial(query, { ...scope, uptoSeq: k }))
        agree(`two parts, split after ${k}`, seed, query, scope, ends, events)
      }
    }
  }
  report('ring and seam')
})

test('what stands equals what is asked', { timeout: PATIENCE }, () => {
  for (const { seed, events, queries } of made(500_000_000, QUERIES)) {
    for (const { query, scope } of queries) {
      const span = { kind: 'between', from: scope.from, to: scope.to } as const
      if (query.window?.kind === 'sliding') continue // its value now, not a row per pane
      if ('message' in canStand(query, { span, memory: Number.POSITIVE_INFINITY })) continue
      const all = standing({ clock: new SimulatedClock(0), memory: Number.POSITIVE_INFINITY })
      const one = all.stand('one', query, { span })
      if ('message' in one) throw new Error(one.message)
      let seen = 0
      for (const batch of batches(events, 1 + (seed % 7))) {
        all.update(batch)
        seen += batch.length
        compared++
        const expected = finish(query, evaluate(query, events.slice(0, seen), scope), scope)
        const found = one.result()
        if (!same(found, expected)) expect({ seed, query: print(query), ...found }).toEqual({ seed, ...expected })
      }
    }
  }
  report('standing')
})

test('the history, and history and ring across the seam', { timeout: PATIENCE }, async () => {
  const path = await mkdtemp(join(tmpdir(), 'campaign-'))
  const past = history({ path, keep: 'forever', collector: 'c1' })
  onTestFinished(async () => {
    await past.stop()
    await rm(path, { recursive: true, force: true })
  })
  await past.start()
  // Few loads, many queries: loading takes as long as twenty queries.
  let left = ASKED
  for (let i = 0; left > 0; i++) {
    const seed = FIRST + 1_000_000_000 + i
    const { events } = randomCase(seed, 120)
    if (events.length === 0) continue
    const before = past.journal.lastSeq
    for (const batch of batches(events, 1e6, before)) await past.append(batch)
    await past.flush()
    const placed = events.map(event => ({ ...event, seq: event.seq! + before }))
    const ring = ringOf(placed, 1 + (seed % 40), 11, before)
    const ask = async (j: number): Promise<void> => {
      const { query, scope: own } = randomCase(seed * 1009 + j, 0)
      const scope = { ...own, afterSeq: before }
      const k = before + ((j * 7919) % (events.length + 1))
      agree('history', seed, query, scope, await past.partial(query, scope), placed)
      if (j % 2 !== 0) return
      const old = await past.partial(query, { ...scope, uptoSeq: k })
      const fresh = ring.partial(query, { ...scope, afterSeq: k })
      agree(`history up to ${k}, ring`, seed, query, scope, merge(query, old, fresh), placed)
    }
    for (let j = 0; j < 200 && left > 0; j += 4, left -= 4) await Promise.all([0, 1, 2, 3].map(n => ask(j + n)))
  }
  report('history')
})
