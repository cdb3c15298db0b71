import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { batchOf, writeLines } from '@telltale/event'
import { parse } from '@telltale/query'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { DIED, EngineError } from './engine/engine.ts'
import type { Refused } from './flush.ts'
import { type History, type HistoryOptions, history } from './history.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 20, 12)
let path: string
const opened: History[] = []
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'life-'))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop().catch(() => {})
  await rm(path, { recursive: true, force: true })
})

async function starting(options: Partial<HistoryOptions> = {}): Promise<History> {
  const one = history({ path, keep: 'forever', ...options })
  opened.push(one)
  await one.start()
  return one
}
const batch = (count: number, time = NOW) =>
  batchOf(
    Array.from({ length: count }, (_, i) => ({ type: 't', time, i })),
    { hostname: 'h', receivedAt: NOW },
  ).batch

async function enginePid(): Promise<number> {
  return Number.parseInt(await readFile(join(path, 'history', 'engine.pid'), 'utf8'), 10)
}

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

async function filesNamed(dir: string, wanted: RegExp): Promise<string[]> {
  const names = await readdir(dir, { recursive: true })
  return names.filter(name => wanted.test(name)).map(name => join(dir, name))
}

test.each([
  ['empty', (content: string) => content.slice(0, 0)],
  ['cut short', (content: string) => content.slice(0, 80)],
  ['full of zeros', (content: string) => '\0'.repeat(content.length)],
])("the table's definition %s after a power cut: it is rewritten, and all is there", async (_, broken) => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.stop()
  const [definition] = await filesNamed(join(path, 'history', 'data', 'store'), /events\.sql$/)
  await writeFile(definition!, broken(await readFile(definition!, 'utf8')))
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  await two.append(batch(1))
  await two.flush()
  expect(await two.count()).toBe(6)
  expect(said.join()).toMatch(/definitions of tables were broken and are rewritten: data\/store\/.*events\.sql/)
})

test('a part damaged on disk: the rest answers, and what is missing is said', async () => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.append(batch(3, NOW - 2 * DAY))
  await one.flush()
  await one.stop()
  const [columns] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/columns\.txt$/)
  await writeFile(columns!, 'nonsense')
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  expect(await two.count()).toBe(3)
  expect(two.status.detached).toEqual([expect.stringContaining('20261120')])
  expect(said.join()).toMatch(/1 parts of the history could not be read and are missing from answers/)
})

test('scar: a part that a failing disk left without its version, unnoticed by the engine, is not let go of', async () => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.stop()
  const [version] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/metadata_version\.txt$/)
  await writeFile(version!, '')
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  expect([await two.count(), two.status.detached]).toEqual([5, []])
  expect(said.join()).toMatch(/not written whole and are mended: .*metadata_version\.txt/)
})

test('scar: where the list of fields is damaged on disk, none is taken to be in no event', async () => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.stop()
  for (const columns of await filesNamed(join(path, 'history', 'data', 'store'), /all_\d[^/]*\/columns\.txt$/))
    await writeFile(columns, 'nonsense')
  const two = await starting()
  const { query } = parse('i >= 2 | count()')
  const answer = await two.partial(query!, { from: 0, to: 9e12 })
  expect(answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]).toBe(3)
})

test.each(['metadata_version.txt', 'columns.txt', 'data.bin', 'skp_idx_seq_range.cmrk4'])(
  'scar: an insert that the engine calls done though the disk left %s empty is done again before its segment goes',
  async name => {
    const engine = embedded({ path: join(path, 'history') })
    const said: string[] = []
    const one = await starting({ engine, log: line => said.push(line) })
    const { load } = engine
    let loads = 0
    engine.load = async given => {
      await load.call(engine, given)
      if (++loads > 1) return
      const [file] = await filesNamed(join(path, 'history', 'data', 'store'), new RegExp(`20261120_[^/]*/${name}$`))
      await writeFile(file!, '')
    }
    await one.append(batch(5))
    const flushed = async (): Promise<number> => {
      await one.flush()
      return one.flushedSeq
    }
    await expect.poll(flushed, { timeout: 10_000 }).toBe(5)
    expect(said.join()).toContain(`the disk left ${name} of part 20261120_1_1_0 unwritten`)
    await one.stop()
    const two = await starting()
    expect([await two.count(), two.status.detached, two.status.refused]).toEqual([5, [], 0])
  },
)

test('scar: an insert that the engine calls done though the disk cut a file short is done again before its segment goes', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const said: string[] = []
  const one = await starting({ engine, log: line => said.push(line) })
  const { load } = engine
  let loads = 0
  engine.load = async given => {
    await load.call(engine, given)
    if (++loads > 1) return
    const [file] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/data\.bin$/)
    await truncate(file!, (await stat(file!)).size - 7)
  }
  await one.append(batch(5))
  const flushed = async (): Promise<number> => {
    await one.flush()
    return one.flushedSeq
  }
  await expect.poll(flushed, { timeout: 10_000 }).toBe(5)
  expect(said.join()).toContain('the disk left 7 bytes of part 20261120_1_1_0 unwritten')
  expect(await one.count()).toBe(5)
})

test('scar: a merge that the engine calls done though the disk left a file empty: what was merged is taken up again', async () => {
  const said: string[] = []
  const engine = embedded({ path: join(path, 'history'), log: line => said.push(line) })
  const one = await starting({ engine })
  for (let i = 0; i < 3; i++) {
    await one.append(batch(5))
    await one.flush()
  }
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  const [index] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_1_3_1\/skp_idx_seq_range\.cmrk4$/)
  await writeFile(index!, '')
  await one.append(batch(5))
  const flushed = async (): Promise<number> => {
    await one.flush()
    return one.flushedSeq
  }
  await expect.poll(flushed, { timeout: 20_000 }).toBe(20)
  expect(said.join()).toMatch(/started anew: the disk left skp_idx_seq_range.cmrk4 of part 20261120_1_3_1 unwritten/)
  const { query } = parse('* | count(), uniq(seq)')
  const answer = await one.partial(query!, { from: 0, to: 9e12 })
  expect(answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]).toBe(20)
})

/** Where the compressed blocks of a column file begin: a checksum of 16 bytes, the codec, two sizes, the data. */
function blocksOf(bytes: Buffer): number[] {
  const blocks: number[] = []
  for (let at = 0; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 17)) blocks.push(at)
  return blocks
}

test.each([
  ['checksums', (bytes: Buffer, at: number) => void bytes.writeUInt8(bytes[at]! ^ 1, at)],
  ['an unknown codec', (bytes: Buffer, at: number) => void bytes.writeUInt8(0, at + 16)],
  ['sizes that cannot be', (bytes: Buffer, at: number) => void bytes.writeUInt32LE(0x55_55_55_55, at + 17)],
])(
  'scar: a part damaged on disk (%s) beneath events offered again condemns none of them, and is told',
  async (_, spoil) => {
    const one = await starting()
    const waiting = batch(5)
    await one.append(waiting)
    const lines = writeLines(waiting)
    await one.flush()
    await one.stop()
    await writeFile(join(path, 'journal', `${waiting.collector}-0000000000000001-0000000000000005.jsonl`), lines)
    const [column] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/data\.bin$/)
    const bytes = await readFile(column!)
    for (const at of blocksOf(bytes)) spoil(bytes, at)
    await writeFile(column!, bytes)
    const said: string[] = []
    const two = await starting({ log: line => said.push(line) })
    await two.append(batch(3))
    await two.flush()
    expect(two.status).toMatchObject({ refused: 0, waiting: 8, flushedSeq: 0 })
    expect(two.status.stuck).toContain(`the history is damaged on disk: stop Telltale, move ${dirname(column!)}/`)
    expect(said.join()).toContain(two.status.stuck)
    await two.stop()
    await rm(dirname(column!), { recursive: true })
    const three = await starting()
    await three.flush()
    expect(three.status).toMatchObject({ refused: 0, waiting: 0, flushedSeq: 8, stuck: undefined })
    expect(await three.count()).toBe(8)
  },
)

test('a number that the disk changed in a waiting segment is not taken for what was sent: it is set aside and told', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const missing = Object.assign(Object.create(engine) as typeof engine, {
    state: { kind: 'unavailable', reason: 'none' },
    start: () => Promise.reject(new Error('none')),
    onReady: () => () => {},
    stop: () => Promise.resolve(),
  })
  const one = await starting({ engine: missing })
  await one.append(batch(20))
  await one.append(batch(20))
  await one.stop()
  const [segment] = await filesNamed(join(path, 'journal'), /\.jsonl$/)
  const text = await readFile(segment!, 'latin1')
  await writeFile(segment!, text.replace('"i":13', '"i":73'), 'latin1')
  const told: Refused[] = []
  const said: string[] = []
  const two = await starting({ onRefused: refused => told.push(refused), log: line => said.push(line) })
  await two.flush()
  expect([await two.count(), two.status.damaged, two.status.refused, two.flushedSeq]).toEqual([39, 1, 1, 40])
  expect(told[0]).toMatchObject({ line: expect.stringContaining('"i":73'), reason: expect.stringContaining('its sum') })
  expect(said.join()).toMatch(/1 events of the journal's segment .* were damaged on disk/)
  const { query } = parse('* | sum(i)')
  const answer = await two.partial(query!, { from: 0, to: 9e12 })
  expect(JSON.stringify([...(answer.kind === 'groups' ? answer.groups.values() : [])])).toContain(String(380 - 13))
})

test('scar: what only a table refuses, with a code that bad data has too, is refused by nobody', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  const { load } = engine
  const damaged = [33, 27, 117, 407]
  // What damage makes the engine say one of these of its table is not known: it is said in its place.
  engine.load = async given => {
    const sql = given.sql('x')
    if (sql.includes('INTO telltale.events') && damaged.length > 0)
      throw new EngineError(`Code: ${damaged[0]}. DB::Exception: while reading a part`, damaged.shift()!)
    return load.call(engine, given)
  }
  await one.append(batch(10))
  const flushed = async (): Promise<number> => {
    await one.flush()
    return one.flushedSeq
  }
  await expect.poll(flushed, { timeout: 20_000 }).toBe(10)
  expect([await one.count(), one.status.refused, damaged]).toEqual([10, 0, []])
})

test('scar: an engine that is killed over the same events again and again condemns none of them', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  const { load } = engine
  let kills = 6
  engine.load = async given => {
    if (!given.sql('x').includes('INTO telltale.events') || kills-- <= 0) return load.call(engine, given)
    process.kill(await enginePid(), 'SIGKILL')
    return load.call(engine, given)
  }
  await one.append(batch(10))
  const flushed = async (): Promise<number> => {
    await one.flush()
    return one.flushedSeq
  }
  await expect.poll(flushed, { timeout: 60_000 }).toBe(10)
  expect([await one.count(), one.status.refused]).toEqual([10, 0])
}, 90_000)

test('an event that makes the engine crash is found, set aside and told; the others go in', async () => {
  const told: Refused[] = []
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine, onRefused: refused => told.push(refused) })
  const { load } = engine
  // What such an event would be is not known: here the real engine is killed in its place.
  engine.load = async given => {
    if (!(await readFile(given.file, 'utf8')).includes('"poison"')) return load.call(engine, given)
    process.kill(await enginePid(), 'SIGKILL')
    throw new EngineError('the history engine went away', DIED)
  }
  const inputs = Array.from({ length: 8 }, (_, i) => (i === 5 ? { i, poison: true } : { i }))
  await one.append(batchOf(inputs, { hostname: 'h', receivedAt: NOW }).batch)
  const flushed = async (): Promise<number> => {
    await one.flush()
    return one.flushedSeq
  }
  await expect.poll(flushed, { timeout: 150_000, interval: 300 }).toBe(8)
  expect([await one.count(), one.status.refused]).toEqual([7, 1])
  expect(told[0]?.line).toContain('"poison"')
}, 180_000)

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

test('what no engine takes is set aside and told; the rest goes in', async () => {
  const told: Refused[] = []
  const one = await starting({ onRefused: refused => told.push(refused) })
  const { collector } = one.journal
  await one.stop()
  const good = batch(4)
  good.seq = 1
  good.collector = collector
  const lines = writeLines(good).toString().split('\n')
  lines[2] = lines[2]!.replace('"time":', '"time":"no time at all","was":')
  await writeFile(join(path, 'journal', `${collector}-0000000000000001-0000000000000004.jsonl`), lines.join('\n'))
  const two = await starting({ onRefused: refused => told.push(refused) })
  await two.flush()
  expect([await two.count(), two.flushedSeq, two.status.refused]).toEqual([3, 4, 1])
  expect(told).toHaveLength(1)
  const [file] = await readdir(join(path, 'journal', 'refused'))
  expect(await readFile(join(path, 'journal', 'refused', file!), 'utf8')).toContain('no time at all')
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
      const flushed = async (): Promise<number> => {
        await one.flush()
        return one.flushedSeq
      }
      await expect.poll(flushed, { timeout: 20_000 }).toBe(acknowledged)
      const { query } = parse('* | count(), uniq(seq)')
      const answer = await one.partial(query!, { from: 0, to: 9e12 })
      expect(answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]).toBe(acknowledged)
      await one.stop()
      opened.pop()
    } finally {
      execFileSync('umount', ['-l', path])
    }
  },
  60_000,
)
