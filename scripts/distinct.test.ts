/** What `uniq` says below and above its bound, whoever counted exactly: every evaluator beside the reference. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Batch, batchOf, type Event, type EventInput, SimulatedClock } from '../packages/event/src/index.ts'
import { history } from '../packages/history/src/index.ts'
import {
  evaluate,
  finish,
  limited,
  merge,
  type Partial,
  parse,
  type Query,
  type Result,
  type Scope,
} from '../packages/query/src/index.ts'
import { Random } from '../packages/query/src/seeded.ts'
import { recent } from '../packages/recent/src/index.ts'
import { standing } from '../packages/standing/src/index.ts'

const SEED = Number(process.env['TELLTALE_SEED'] ?? 1)
const SCOPE: Scope = { from: 0, to: 9e12 }
const QUERIES = [
  'uniq(user)',
  'uniq(user) by type',
  'has user | uniq(user), count() by type',
  'uniq(user), uniq(name), count(user) by type | sort uniq(name) desc',
  'uniq(mixed) by hostname, 1m',
  'uniq(user) by 1d in "Europe/Berlin"',
  'uniq(name), uniq(user) by type over 1m every 20s',
  'uniq(mixed) by hostname over 50 events',
].map(text => parse(text).query!)
/** Of what one answer holds: with the last nothing of more than 512 is exact. */
const BOUNDS = [1 << 20, 1500, 513]

function eventsOf(random: Random): Event[] {
  const users = 600 + random.below(3000)
  return Array.from({ length: 3000 }, (_, i) => {
    const user = Math.floor(users * random.next() ** 2)
    return {
      type: random.of(['page_load', 'login', 'rare', 'none']),
      hostname: random.of(['h1', 'h2', 'h3']),
      time: 1_700_000_000_000 + random.below(600_000),
      received_at: 1_700_000_600_000,
      tags: [],
      md5: '',
      additional_info: {
        ...(random.chance(0.9) ? { user: random.chance(0.01) ? user + 2 ** 23 : user } : {}),
        name: `user ${Math.floor(users * random.next())}`,
        mixed: random.of([user, `${user}`, user / 8, user % 2 === 0]),
      },
      seq: i + 1,
      collector: 'c1',
    }
  })
}

function batchesOf(events: readonly Event[], size: number): Batch[] {
  return Array.from({ length: Math.ceil(events.length / size) }, (_, i) => {
    const some = events.slice(i * size, (i + 1) * size) as EventInput[]
    const { batch } = batchOf(some, { hostname: 'h1', receivedAt: 0, trusted: true })
    batch.seq = i * size + 1
    batch.collector = 'c1'
    return batch
  })
}

function told(query: Query, partial: Partial, values: number): Result {
  return limited({ ms: 60_000, cells: 1e9, values }, () => finish(query, partial, SCOPE))
}

test('ring, standing and history agree with the reference, split anywhere', { timeout: 240_000 }, async () => {
  const path = await mkdtemp(join(tmpdir(), 'distinct-'))
  const past = history({ path, collector: 'c1', keep: 'forever' })
  onTestFinished(async () => {
    await past.stop()
    await rm(path, { recursive: true, force: true })
  })
  await past.start()
  const random = new Random(SEED)
  const events = eventsOf(random)
  const batches = batchesOf(events, 500)
  const ring = recent({ chunk: 700, clock: new SimulatedClock(0) })
  const clock = new SimulatedClock(1_700_000_600_000)
  const set = standing({ clock })
  const left = new Map(
    QUERIES.flatMap((query, i) => {
      const one = query.window?.kind === 'sliding' ? undefined : set.stand(`${i}`, query)
      return one === undefined || 'message' in one ? [] : [[query, one] as const]
    }),
  )
  expect(left.size).toBeGreaterThanOrEqual(5)
  for (const batch of batches) {
    ring.append(batch)
    set.update(batch)
    await past.append(batch)
  }
  await past.flush()
  for (const query of QUERIES)
    for (const values of BOUNDS) {
      const expected = told(query, evaluate(query, events, SCOPE), values)
      const agree = (what: string, found: Result): void =>
        expect({ seed: SEED, what, values, query, rows: found.rows }).toEqual({
          seed: SEED,
          what,
          values,
          query,
          rows: expected.rows,
        })
      agree('ring', told(query, ring.partial(query, SCOPE), values))
      agree('history', told(query, await past.partial(query, SCOPE, { values }), values))
      agree('history alone', told(query, await past.partial(query, SCOPE, { values, alone: true }), values))
      agree('history, many', told(query, await past.partial(query, SCOPE, { values, listed: 0 }), values))
      for (let i = 0; i < 2; i++) {
        const uptoSeq = random.below(events.length)
        const old = evaluate(query, events, { ...SCOPE, uptoSeq })
        const fresh = ring.partial(query, { ...SCOPE, afterSeq: uptoSeq })
        const older = await past.partial(query, { ...SCOPE, uptoSeq }, { values })
        agree(`split after ${uptoSeq}`, told(query, merge(query, old, fresh), values))
        agree(
          `ring, split after ${uptoSeq}`,
          told(query, merge(query, fresh, ring.partial(query, { ...SCOPE, uptoSeq })), values),
        )
        agree(`history up to ${uptoSeq}, ring`, told(query, merge(query, older, fresh), values))
      }
      const one = left.get(query)
      if (one !== undefined)
        agree(
          'standing',
          limited({ ms: 60_000, cells: 1e9, values }, () => one.result()),
        )
    }
})
