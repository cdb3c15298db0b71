import { execFileSync } from 'node:child_process'
import { appendFile, type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, SimulatedClock } from '@telltale/event'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { everything, upTo } from '../testing/journals.ts'
import { type Journal, journal } from './journal.ts'
import type { JournalOptions } from './options.ts'
import type { Segment } from './segment.ts'

let dir: string
const opened: Journal[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'journal-'))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close().catch(() => {})
  await rm(dir, { recursive: true, force: true })
})

const events = (count: number, text = 'x') =>
  batchOf(
    Array.from({ length: count }, (_, i) => ({ type: 't', n: i, text })),
    { hostname: 'h', receivedAt: 1_795_132_800_003.5 },
  ).batch

async function opening(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const one = journal({ dir, ...options })
  opened.push(one)
  await one.open()
  return one
}

describe.each(['always', '50ms', 'os'] as const)('sync %s', sync => {
  test('what was appended together is read back whole and in order', async () => {
    const one = await opening({ sync })
    const batches = [events(3), events(1), events(5)]
    const done = Promise.all(batches.map(batch => one.append(batch)))
    expect(batches.map(batch => batch.seq)).toEqual([1, 4, 5])
    expect(new Set(batches.map(batch => batch.collector))).toEqual(new Set([one.collector]))
    await done
    await one.seal()
    expect(await everything(one)).toEqual(upTo(9))
    for await (const again of one.read(one.sealed[0]!)) expect(again.event(1)).toEqual(batches[0]!.event(1))
  })
})

test('what comes after a while begins to be synced at once: a process that then stands still loses none of it', async () => {
  const file = await open(join(dir, 'any'), 'w')
  const datasync = vi.spyOn(Object.getPrototypeOf(file) as Pick<FileHandle, 'datasync'>, 'datasync')
  await file.close()
  try {
    const one = await opening({ sync: '50ms', clock: new SimulatedClock() })
    await one.append(events(1))
    expect(datasync.mock.calls.length).toBe(1)
  } finally {
    vi.restoreAllMocks()
  }
})

test('what is being sealed is synced at once, also where the folder takes long', async () => {
  const file = await open(join(dir, 'any'), 'w')
  const files = Object.getPrototypeOf(file) as Pick<FileHandle, 'datasync' | 'sync'>
  await file.close()
  const one = await opening({ sync: '50ms', clock: new SimulatedClock() })
  await one.append(events(1))
  const datasync = vi.spyOn(files, 'datasync')
  let go = (): void => {}
  const slow = new Promise<void>(resolve => {
    go = resolve
  })
  vi.spyOn(files, 'sync').mockImplementation(() => slow)
  try {
    await one.append(events(1))
    const sealed = one.seal()
    await expect.poll(() => datasync.mock.calls.length, { timeout: 2000 }).toBeGreaterThan(0)
    expect(one.sealed).toEqual([])
    go()
    await sealed
    expect(one.sealed).toHaveLength(1)
  } finally {
    go()
    vi.restoreAllMocks()
  }
})

test('what a sync failed to write is written again, also where it failed while its segment was being sealed', async () => {
  const file = await open(join(dir, 'any'), 'w')
  const files = Object.getPrototypeOf(file) as Pick<FileHandle, 'datasync' | 'write'>
  await file.close()
  const one = await opening({ sync: '50ms' })
  let fail = (): void => {}
  const failing = new Promise<void>((_, reject) => {
    fail = () => reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))
  })
  const datasync = vi.spyOn(files, 'datasync').mockImplementationOnce(() => failing)
  const write = vi.spyOn(files, 'write')
  try {
    await one.append(events(3))
    await expect.poll(() => datasync.mock.calls.length).toBe(1)
    const sealed = one.seal()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(one.sealed).toEqual([])
    fail()
    await sealed
    await expect.poll(() => one.sealed.length, { timeout: 5000 }).toBe(1)
    expect(write.mock.calls.length).toBeGreaterThan(0)
    expect(await everything(one)).toEqual(upTo(3))
  } finally {
    vi.restoreAllMocks()
  }
})

test('a segment is sealed by size, by age, and never while empty', async () => {
  const clock = new SimulatedClock()
  const one = await opening({ segmentBytes: 2000, sealAfter: 1000, clock })
  const sealed: Segment[] = []
  one.onSealed(segment => sealed.push(segment))
  await one.seal()
  expect(sealed).toEqual([])
  await one.append(events(50))
  await one.seal()
  expect(sealed.map(s => [s.firstSeq, s.lastSeq, s.events])).toEqual([[1, 50, 50]])
  await one.append(events(1))
  clock.advance(999)
  await one.append(events(1))
  expect(sealed).toHaveLength(1)
  clock.advance(1)
  await expect.poll(() => sealed.length).toBe(2)
  expect(sealed[1]).toMatchObject({ firstSeq: 51, lastSeq: 52 })
})

test('seq goes on after a restart, also when history holds all and every segment is gone', async () => {
  const one = await opening()
  await one.append(events(4))
  await one.close()
  for (const segment of [...one.sealed]) await one.remove(segment)
  const two = await opening()
  const batch = events(1)
  await two.append(batch)
  expect([batch.seq, two.collector]).toEqual([5, one.collector])
  await two.close()
  const three = journal({ dir })
  opened.push(three)
  await three.open(above => Promise.resolve(above + 95))
  expect(three.lastSeq).toBe(100)
})

test('a torn tail is cut, kept aside and counted; what was whole stays', async () => {
  const one = await opening()
  await one.append(events(3))
  const open = (await readdir(dir)).find(name => name.endsWith('.open'))!
  const copy = join(dir, 'copy')
  await mkdir(copy)
  await writeFile(join(copy, open), await readFile(join(dir, open)))
  await appendFile(join(copy, open), '{"seq":4,"type":"half')
  const two = journal({ dir: copy, collector: one.collector })
  opened.push(two)
  await two.open()
  expect(await everything(two)).toEqual([1, 2, 3])
  expect(two.torn).toBe(21)
  const torn = (await readdir(copy)).find(name => name.endsWith('.torn'))!
  expect(await readFile(join(copy, torn), 'utf8')).toBe('{"seq":4,"type":"half')
  expect(two.lastSeq).toBe(3)
})

test.each([
  ['a page of zeros in the middle', (text: Buffer) => text.fill(0, 300, 700), 4],
  ['a spoilt first line', (text: Buffer) => text.fill(120, 0, 20), 1],
  ['a spoilt byte', (text: Buffer) => text.fill(0, 330, 331), 1],
  [
    'a seq that cannot be',
    (text: Buffer) => text.fill('0', text.indexOf('"seq":19') + 6, text.indexOf('"seq":19') + 7),
    1,
  ],
])('an open segment with %s: the others are there under their own seq', async (_, spoil, most) => {
  const one = await opening({ collector: 'me' })
  await one.append(events(20))
  const copy = join(dir, 'copy')
  await mkdir(copy)
  const name = 'me-0000000000000001.jsonl.open'
  const text = await readFile(join(dir, name))
  spoil(text)
  await writeFile(join(copy, name), text)
  const two = journal({ dir: copy, collector: 'me' })
  opened.push(two)
  await two.open()
  const read: [seq: number, n: unknown][] = []
  for (const segment of two.sealed)
    for await (const batch of two.read(segment))
      for (let row = 0; row < batch.length; row++) read.push([batch.seq + row, batch.info(row)['n']])
  expect(read.length).toBeGreaterThanOrEqual(20 - most)
  expect(read.length).toBeLessThan(20)
  expect(read.every(([seq, n]) => n === seq - 1)).toBe(true)
  expect(two.lastSeq).toBe(20)
})

test.each([
  ['nothing but a torn line', '{"seq":1,"ty'],
  ['zeros a power cut left', '\0\0\0\0\n\0\0'],
  ['nothing', ''],
])('an open segment that holds %s gives no segment', async (_, content) => {
  await writeFile(join(dir, 'me-0000000000000008.jsonl.open'), content)
  const one = await opening({ collector: 'me' })
  expect(one.sealed).toEqual([])
  expect(one.lastSeq).toBe(7)
  const batch = events(1)
  await one.append(batch)
  expect(batch.seq).toBe(8)
})

test('beyond its bound it pushes back, until history has taken something', async () => {
  const one = await opening({ maxBytes: 3000 })
  const told: unknown[] = []
  one.onPressure(pressure => told.push(pressure?.reason))
  await one.append(events(40))
  expect(one.pressure?.reason).toMatch(/wait in the journal for the history/)
  await one.seal()
  await expect(one.append(events(1))).rejects.toThrow(/history/)
  await one.remove(one.sealed[0]!)
  expect(one.pressure).toBeUndefined()
  expect(told).toHaveLength(2)
  await one.append(events(1))
  expect(one.lastSeq).toBe(41)
})

test('batches appended together are written together, or none of them', async () => {
  const one = await opening({ maxBytes: 20_000 })
  const [a, b, c] = [events(3), events(2), events(4)]
  await one.append(a, b)
  expect([a.seq, b.seq, one.lastSeq]).toEqual([1, 4, 5])
  const big = events(100, 'y'.repeat(200))
  await one.append(big)
  await expect(one.append(c, events(1))).rejects.toThrow(/history/)
  expect([c.seq, one.lastSeq]).toEqual([0, 105])
  await one.seal()
  expect(await everything(one)).toEqual(upTo(105))
})

const root = process.getuid?.() === 0
test.skipIf(!root)(
  'a full disk: appends are refused with a sentence, nothing half written stays, and it recovers',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', dir])
    try {
      const clock = new SimulatedClock()
      const one = await opening({ clock })
      await one.append(events(2))
      await writeFile(join(dir, 'ballast'), Buffer.alloc(300_000))
      const big = events(20, 'y'.repeat(20_000))
      const small = events(1)
      const outcomes = await Promise.allSettled([one.append(small, big), one.append(events(1))])
      expect(outcomes.map(o => o.status)).toEqual(['rejected', 'rejected'])
      expect(String((outcomes[0] as PromiseRejectedResult).reason)).toMatch(/disk is full: free some space \(ENOSPC\)/)
      expect([one.pressure?.retryAfter, small.seq, big.seq, one.lastSeq]).toEqual([1, 0, 0, 2])
      await rm(join(dir, 'ballast'))
      await expect
        .poll(() => {
          clock.advance(1000)
          return one.pressure
        })
        .toBeUndefined()
      await one.append(events(3))
      await one.seal()
      expect(await everything(one)).toEqual(upTo(5))
      await one.close()
    } finally {
      execFileSync('umount', ['-l', dir])
    }
  },
)
