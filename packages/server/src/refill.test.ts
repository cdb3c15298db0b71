import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { batchOf, writeLines } from '@telltale/event'
import { embedded, type History, history } from '@telltale/history'
import { parse, type Query } from '@telltale/query'
import { recent } from '@telltale/recent'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Asker } from './ask.ts'
import { begin, refill } from './refill.ts'

const NOW = Date.UTC(2026, 10, 20, 12)
const ALWAYS = { from: 0, to: 9e12 }
let path: string
const opened: History[] = []
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'refill-'))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop().catch(() => {})
  await rm(path, { recursive: true, force: true })
})

async function starting(): Promise<History> {
  const one = history({ path, keep: 'forever', patience: 500 })
  opened.push(one)
  await one.start()
  return one
}

test('scar: a ring filled while a part of the history is away does not answer alone for what it lacks', async () => {
  const one = await starting()
  for (let i = 0; i < 4; i++) {
    await one.append(
      batchOf(
        Array.from({ length: 5 }, (_, n) => ({ type: 't', time: NOW + i * 1000 + n })),
        { hostname: 'h', receivedAt: NOW },
      ).batch,
    )
    await one.flush()
  }
  await one.stop()
  const names = await readdir(path, { recursive: true })
  const columns = names.find(name => /20261120_2_2_0\/columns\.txt$/.test(name))!
  const part = dirname(join(path, columns))
  const away = join(dirname(part), 'detached', `broken-on-start_${basename(part)}`)
  await rename(part, away)
  await rename(join(away, 'columns.txt'), join(path, 'columns.txt'))

  const two = await starting()
  const ring = recent()
  const asker = new Asker(ring, two)
  const hole = await begin(ring, two)
  await refill(ring, two, asker, hole, new AbortController().signal, () => {})
  expect(ring.stats().events).toBe(15)
  const asked = async (): Promise<[unknown, string]> => {
    const { rows, stats } = await asker.ask(parse('* | count()').query as Query, ALWAYS)
    return [rows[0]![0], stats.coverage]
  }
  expect(await asked()).toEqual([15, expect.stringContaining('up to 5 events of 1 part')])
  await rename(join(path, 'columns.txt'), join(away, 'columns.txt'))
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
    const [count, coverage] = await asked()
    if (coverage === 'exact') expect(count).toBe(20)
    if (coverage === 'exact') return
  }
  expect.unreachable('the part did not come back')
}, 60_000)

test('a ring filled with all there is answers alone', async () => {
  const one = await starting()
  await one.append(batchOf([{ type: 't', time: NOW }], { hostname: 'h', receivedAt: NOW }).batch)
  await one.flush()
  const ring = recent()
  const asker = new Asker(ring, one)
  await refill(ring, one, asker, await begin(ring, one), new AbortController().signal, () => {})
  const { stats } = await asker.ask(parse('* | count()').query as Query, ALWAYS)
  expect([stats.sources, stats.coverage]).toEqual([['recent'], 'exact'])
})

test('scar: events that a power cut took from the journal though the history has them are in every answer that calls itself exact', async () => {
  const line = (n: number) => ({ type: 't', time: NOW + n, n })
  const lines = (from: number, to: number) =>
    batchOf(
      Array.from({ length: to - from + 1 }, (_, i) => line(from + i)),
      { hostname: 'h', receivedAt: NOW },
    ).batch
  const one = await starting()
  await one.append(lines(1, 15))
  await one.flush()
  await one.stop()
  const { collector } = one.journal
  for (const [from, to] of [
    [1, 5],
    [11, 13],
  ] as const) {
    const batch = lines(from, to)
    batch.seq = from
    batch.collector = collector
    const name = [collector, ...[from, to].map(seq => String(seq).padStart(16, '0'))].join('-')
    await writeFile(join(path, 'journal', `${name}.jsonl`), writeLines(batch))
  }
  const engine = embedded({ path: join(path, 'history') })
  const { load } = engine
  let free = false
  engine.load = async given => {
    if (!free) throw new Error('not now')
    return load.call(engine, given)
  }
  const two = history({ path, keep: 'forever', engine })
  opened.push(two)
  await two.start()
  const ring = recent()
  const asker = new Asker(ring, two)
  await begin(ring, two)
  const asked = async (): Promise<[unknown, string]> => {
    const { rows, stats } = await asker.ask(parse('* | count()').query as Query, ALWAYS)
    return [rows[0]![0], stats.coverage]
  }
  expect(await asked()).toEqual([8, expect.stringContaining('not covered yet: what the journal lost')])
  free = true
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) {
    await two.flush()
    const [count, coverage] = await asked()
    if (coverage === 'exact') expect(count).toBe(15)
    if (coverage === 'exact') return
  }
  expect.unreachable('it is never exact')
}, 60_000)
