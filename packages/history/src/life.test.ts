import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { batchOf, writeLines } from '@telltale/event'
import { parse } from '@telltale/query'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { history } from './history.ts'
import { batch, enginePid, handedOver, NOW, path, starting } from './testing/lives.ts'

const DAY = 86_400_000

test('a second Telltale on the same folder is refused; after the first has gone it is not', async () => {
  const one = await starting()
  await expect(history({ path }).start()).rejects.toThrow(
    /another Telltale \(process \d+\) is using .*: stop it, or give/,
  )
  await one.stop()
  await starting()
})

test('the lock of a process that died is taken over', async () => {
  await writeFile(join(path, 'lock'), '4194303 some-boot 12345')
  const one = await starting()
  expect(one.status.engine.kind).toBe('ready')
})

test('a restart goes on: seq, mark, fields and what was left in the journal', async () => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  const after = batch(3)
  await one.append(after)
  await one.stop()
  const two = await starting()
  expect([two.flushedSeq, two.journal.lastSeq, await two.count()]).toEqual([8, 8, 8])
  expect(two.fields.get('i')).toEqual(new Set(['Int64']))
  const next = batch(1)
  await two.append(next)
  expect([next.seq, next.collector]).toEqual([9, after.collector])
})

test('a parent that stood still does not take a healthy engine for hung', async () => {
  const said: string[] = []
  const engine = embedded({ path: join(path, 'history'), hungAfter: 2000, log: line => said.push(line) })
  await starting({ engine })
  const pid = await enginePid()
  const until = performance.now() + 4500
  while (performance.now() < until);
  await sleep(1500)
  expect([said, await enginePid()]).toEqual([[], pid])
})

/** A segment as a crash leaves it: sealed, and of its days only the first in the engine. */
async function halfTaken(): Promise<void> {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  const days = batchOf(
    Array.from({ length: 30 }, (_, i) => ({ type: 't', time: NOW + (i % 3) * DAY, i })),
    { hostname: 'h', receivedAt: NOW },
  ).batch
  await one.append(days)
  const lines = writeLines(days)
  await one.flush()
  await engine.command(`ALTER TABLE telltale.events DROP PARTITION ID '20261121'`)
  await engine.command(`ALTER TABLE telltale.events DROP PARTITION ID '20261122'`)
  expect(await one.count()).toBe(10)
  await one.stop()
  const name = `${days.collector}-0000000000000001-0000000000000030.jsonl`
  await writeFile(join(path, 'journal', name), lines)
}

test('a segment that went in by part before a crash: what is missing is added, what is there is not doubled', async () => {
  await halfTaken()
  const two = await starting()
  await two.flush()
  const { query } = parse('* | count(), uniq(seq), sum(i)')
  const answer = await two.partial(query!, { from: 0, to: 9e12 })
  expect(answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]).toBe(30)
  const seqs: number[] = []
  for await (const part of two.latest(100)) for (let i = 0; i < part.length; i++) seqs.push(part.seq + i)
  expect(seqs).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
})

test('a power cut that took the journal with it: no seq is used twice', async () => {
  const one = await starting()
  await one.append(batch(7))
  await one.flush()
  await one.stop()
  for (const name of await readdir(join(path, 'journal')))
    if (name.endsWith('.open')) await rm(join(path, 'journal', name))
  const two = await starting()
  const next = batch(2)
  await two.append(next)
  await two.flush()
  expect([next.seq, await two.count(), two.flushedSeq]).toEqual([8, 9, 9])
})

test('a table of an older version is brought up to this one', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  await one.append(batch(1))
  await one.flush()
  await engine.command('ALTER TABLE telltale.events MODIFY SETTING fsync_after_insert = 0')
  await engine.command("ALTER TABLE telltale.events MODIFY COMMENT 'telltale schema 1'")
  await one.stop()
  const two = await starting()
  await two.append(batch(1))
  await two.flush()
  expect(await two.count()).toBe(2)
  await two.stop()
  await engine.start()
  const { bytes } = await engine.read('SHOW CREATE TABLE telltale.events')
  await engine.stop()
  expect(bytes.toString()).toMatch(/fsync_after_insert = 1.*telltale schema 3/s)
})

test('events go when they were received longer ago than is kept; a shorter time to keep takes effect', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine, keep: '90d' })
  const now = Date.now()
  for (const days of [0, 10, 40, 89, 92, 400]) {
    const { batch } = batchOf([{ type: 't', time: now - days * DAY }], { hostname: 'h', receivedAt: now - days * DAY })
    await one.append(batch)
    await one.flush()
  }
  const old = batchOf([{ type: 'imported', time: now - 4000 * DAY }], { hostname: 'h', receivedAt: now }).batch
  await one.append(old)
  await one.flush()
  await expect.poll(() => one.count(), { timeout: 20_000 }).toBe(5)
  await one.keep('30d')
  await engine.command('OPTIMIZE TABLE telltale.events FINAL') // what the engine does by itself every ten minutes
  await expect.poll(() => one.count(), { timeout: 20_000 }).toBe(3)
  await one.keep('forever')
  await one.keep('forever')
  expect(await one.count()).toBe(3)
  await expect(one.keep('soon')).rejects.toThrow(/expected a time such as "90d"/)
}, 60_000)

test('what the engine lets go of at once, because of its age, keeps no segment waiting', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const { load } = engine
  engine.load = async given => {
    await load.call(engine, given)
    await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  }
  const said: string[] = []
  const one = await starting({ engine, keep: '90d', log: line => said.push(line) })
  const now = Date.now()
  for (const days of [92, 1]) {
    const events = [{ type: 't', time: now - days * DAY }]
    await one.append(batchOf(events, { hostname: 'h', receivedAt: now - days * DAY }).batch)
  }
  await one.flush()
  expect([one.flushedSeq, await one.count(), one.status.lost, said]).toEqual([2, 1, 0, []])
}, 60_000)

test('a hung engine is killed and comes back, and what waited is in it', async () => {
  const engine = embedded({ path: join(path, 'history'), hungAfter: 1500 })
  const one = await starting({ engine })
  process.kill(await enginePid(), 'SIGSTOP')
  await one.append(batch(10))
  await one.journal.seal()
  await expect.poll(() => one.flushedSeq, { timeout: 20_000 }).toBe(10)
  expect(await one.count()).toBe(10)
})

test('an answer says how many events were looked at', async () => {
  const one = await starting()
  await one.append(batch(1000))
  await one.flush()
  const { query } = parse('type = t and i < 10 | count()')
  const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  expect((await one.partial(query!, everything)).scanned).toBe(1000)
  const { query: newest } = parse('type = t | limit 5')
  expect((await one.partial(newest!, everything)).scanned).toBe(1000)
})

test('a query can be stopped, and the engine is free at once', async () => {
  const one = await starting()
  const stop = new AbortController()
  const asked = one.sql('SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))', {
    signal: stop.signal,
  })
  setTimeout(() => stop.abort(), 200)
  await expect(asked).rejects.toThrow(/abort/i)
  expect((await one.sql('SELECT 1 AS one')).rows).toEqual([[1]])
})

test('a query that failed half way leaves nothing in the next answer', async () => {
  const engine = embedded({ path: join(path, 'history'), readers: 1 })
  await starting({ engine })
  const failing = 'SELECT number, throwIf(number = 100000) FROM numbers(1000000)'
  for (const format of ['TabSeparatedRaw', 'JSONCompactEachRow']) {
    await expect(engine.read(failing, { format, settings: { max_block_size: 1000 } })).rejects.toThrow(/throwIf/)
    expect((await engine.read('SELECT 7', { format: 'TabSeparatedRaw' })).bytes.toString()).toBe('7\n')
  }
})

test('without an engine the journal goes on, and says why there is no history', async () => {
  const reason = 'no build for this platform'
  const engine = embedded({ path: join(path, 'history') })
  const missing = Object.assign(Object.create(engine) as typeof engine, {
    state: { kind: 'unavailable', reason },
    start: () => Promise.reject(new Error(reason)),
    onReady: () => () => {},
    stop: () => Promise.resolve(),
  })
  const one = await starting({ engine: missing })
  await one.append(batch(2))
  await one.journal.seal()
  expect(one.status).toMatchObject({ engine: { kind: 'unavailable', reason }, waiting: 2, flushedSeq: 0 })
  const read: number[] = []
  for await (const part of one.latest(10)) read.push(part.length)
  expect(read).toEqual([2])
  // What is handed over between the question and the reading is missed aloud, never silently.
  const asked = one.unflushed(0, 2)
  await one.journal.remove(one.journal.sealed[0]!)
  await expect(asked.next()).rejects.toThrow(/ENOENT/)
})

/** So that processes begun while it runs cannot load the library. */
async function withoutLibrary<T>(call: () => Promise<T>): Promise<T> {
  const hooks =
    'export function resolve(name,c,next){if(name==="chdb")throw(Error("cannot\\x20allocate\\x20memory"));return(next(name,c))}'
  const code = `import{register}from'node:module';register(${JSON.stringify(`data:text/javascript,${hooks}`)})`
  process.env['NODE_OPTIONS'] = `--import=data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  try {
    return await call()
  } finally {
    delete process.env['NODE_OPTIONS']
  }
}

test('an engine that cannot be loaded for a while is tried again, and what waits for it stays', async () => {
  const one = await starting()
  await one.append(batch(3))
  await one.flush()
  await one.stop()
  const two = await withoutLibrary(async () => {
    const two = await starting({ journal: { maxBytes: 40_000 } })
    const { engine } = two.status
    expect([engine.kind, 'reason' in engine && engine.reason]).toEqual([
      expect.stringMatching(/down|starting/),
      expect.stringContaining("chDB can't be loaded here: cannot allocate memory"),
    ])
    for (let i = 0; i < 4; i++) {
      await two.append(batch(50))
      await two.journal.seal()
    }
    expect(two.journal.fullness).toBeGreaterThan(0.5)
    expect(two.journal.sealed).toHaveLength(4)
    return two
  })
  await handedOver(two, 203, 30_000)
  expect(await two.count()).toBe(203)
}, 60_000)

test('where the library was never there it is not waited for', async () => {
  const { status } = await withoutLibrary(() => starting())
  expect(status.engine).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('cannot allocate') })
})

test('what is not sealed yet is read as well, also while it is being sealed and after', async () => {
  const one = await starting()
  await one.append(batch(3))
  await one.flush()
  await one.append(batch(2))
  await one.append(batch(4))
  const seqs = async (batches: ReturnType<typeof one.unflushed>): Promise<number[]> => {
    const all: number[] = []
    for await (const batch of batches) for (let i = 0; i < batch.length; i++) all.push(batch.seq + i)
    return all
  }
  expect(await seqs(one.unflushed(3, 9))).toEqual([4, 5, 6, 7, 8, 9])
  const asked = one.unflushed(3, 9)
  await one.append(batch(1)) // came after the question
  await one.journal.seal()
  expect(await seqs(asked)).toEqual([4, 5, 6, 7, 8, 9])
})

test('where there will never be an engine, the oldest segments make room', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const missing = Object.assign(Object.create(engine) as typeof engine, {
    state: { kind: 'unavailable', reason: 'none' },
    start: () => Promise.reject(new Error('none')),
    onReady: () => () => {},
    stop: () => Promise.resolve(),
  })
  const one = await starting({ engine: missing, journal: { maxBytes: 40_000 } })
  for (let i = 0; i < 20; i++) {
    await one.append(batch(50))
    await one.journal.seal()
    await expect.poll(() => one.journal.fullness).toBeLessThan(0.75)
  }
  expect(one.journal.pressure).toBeUndefined()
})

test('a table of a newer Telltale is left alone', async () => {
  const one = await starting()
  await one.append(batch(1))
  await one.stop()
  const engine = embedded({ path: join(path, 'history') })
  await engine.start()
  await engine.command("ALTER TABLE telltale.events MODIFY COMMENT 'telltale schema 99'")
  await engine.stop()
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  await two.append(batch(1))
  await two.flush()
  expect([two.flushedSeq, await two.count()]).toEqual([1, 1])
  expect(said.join()).toContain('written by a newer Telltale (schema 99')
})

test('a query of too many groups says so', async () => {
  const one = await starting()
  await one.append(batch(50))
  await one.flush()
  const { query } = parse('* | count() by i')
  await expect(one.partial(query!, { from: 0, to: 9e12 }, { groups: 10 })).rejects.toThrow(/too many groups/)
})

const root = process.getuid?.() === 0
test.skipIf(!root)(
  'on a small disk so many parts are merged that the engine never refuses more, though it is nearly full',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', path])
    try {
      const engine = embedded({ path: join(path, 'history') })
      const one = await starting({ engine })
      const parts = async (): Promise<number> => {
        const { bytes } = await engine.read("SELECT count() FROM system.parts WHERE active AND table = 'events'")
        return Number(bytes.toString())
      }
      for (let i = 1; i <= 310; i++) {
        await one.append(batch(1))
        await one.flush()
        if (i === 290) expect(await parts()).toBeGreaterThan(200)
      }
      await expect.poll(parts, { timeout: 30_000 }).toBeLessThanOrEqual(150)
      expect(await one.count()).toBe(310)
      await one.stop()
    } finally {
      execFileSync('umount', ['-l', path])
    }
  },
  90_000,
)

test.skipIf(!root)(
  'a full disk: what was acknowledged is in history once there is room again',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', path])
    try {
      const one = await starting({ journal: { sync: 'always' } })
      await writeFile(join(path, 'ballast'), Buffer.alloc(80_000_000))
      let acknowledged = 0
      let refused: unknown
      for (let i = 0; i < 600 && refused === undefined; i++) {
        const inputs = Array.from({ length: 100 }, (_, n) => ({ n, filler: randomBytes(1000).toString('hex') }))
        const { batch } = batchOf(inputs, { hostname: 'h', receivedAt: NOW })
        await one.append(batch).then(
          () => (acknowledged += batch.length),
          error => (refused = error),
        )
      }
      expect(String(refused)).toMatch(/disk is full/)
      await rm(join(path, 'ballast'))
      await expect.poll(() => one.journal.pressure, { timeout: 10_000 }).toBeUndefined()
      await handedOver(one, acknowledged, 20_000)
      const { query } = parse('* | count(), uniq(seq)')
      const answer = await one.partial(query!, { from: 0, to: 9e12 })
      expect(answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]).toBe(acknowledged)
      await one.stop()
    } finally {
      execFileSync('umount', ['-l', path])
    }
  },
  60_000,
)
