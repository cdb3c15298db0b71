import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { batchOf, SimulatedClock, writeLines } from '@telltale/event'
import { parse } from '@telltale/query'
import { expect, test } from 'vitest'
import { embedded } from '../engine/embedded.ts'
import { ABSENT, type Engine, EngineError } from '../engine/engine.ts'
import type { History } from '../history.ts'
import type { HistoryOptions } from '../options.ts'
import { filesNamed, handedOver, NOW, path, starting } from '../testing/lives.ts'
import type { About } from './aside.ts'

const ROWS = 20_000
const EVERYTHING = { from: 0, to: 9e12 }

/** Events whose place in the part is their number: its rows are in order of time. */
const numbered = (count: number, first = 0) =>
  batchOf(
    Array.from({ length: count }, (_, i) => ({
      type: 't',
      time: NOW + first + i,
      i: first + i,
      ...(i === 7 ? { big: 123456789012345678901234567890n } : {}),
      deep: { list: [1, 'two', null], none: null },
    })),
    { hostname: 'h', receivedAt: NOW },
  ).batch

/** A history of one part of several granules. @returns the part's folder */
async function one(): Promise<string> {
  const engine = embedded({ path: join(path, 'history') })
  const history = await starting({ engine })
  await engine.command('ALTER TABLE telltale.events MODIFY SETTING min_bytes_for_wide_part = 0')
  await history.append(numbered(ROWS))
  await history.flush()
  await history.stop()
  const [columns] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/columns\.txt$/)
  return dirname(columns!)
}

/** Changes a bit of a file. */
async function flip(file: string, at: (size: number) => number): Promise<void> {
  const bytes = await readFile(file)
  bytes[at(bytes.length)]! ^= 1
  await writeFile(file, bytes)
}

/** How often each event is there, and whether it is as it was. */
async function there(history: History): Promise<{ rows: number; distinct: number; altered: number }> {
  const seen = new Set<number>()
  const expected = new Map<number, string>()
  const sent = numbered(ROWS)
  for (let row = 0; row < sent.length; row++) expected.set(row, JSON.stringify(sent.info(row)))
  let [rows, altered] = [0, 0]
  for await (const batch of history.latest(1e9))
    for (let row = 0; row < batch.length; row++) {
      const info = batch.info(row)
      const i = info['i'] as number
      rows++
      seen.add(i)
      if (i < ROWS && JSON.stringify(info) !== expected.get(i)) altered++
    }
  return { rows, distinct: seen.size, altered }
}

/** Starts over a damaged part, asks until it is set aside. */
async function rescued(
  question: string,
  options: Partial<HistoryOptions> = {},
): Promise<{ history: History; about: About; said: string[] }> {
  const said: string[] = []
  const told: About[] = []
  const history = await starting({
    patience: 100,
    ...options,
    log: line => said.push(line),
    onSetAside: about => told.push(about),
  })
  await expect(ask(history, question)).rejects.toThrow()
  await expect.poll(() => told.length, { timeout: 20_000 }).toBe(1)
  return { history, about: told[0]!, said }
}

async function ask(history: History, question: string): Promise<unknown> {
  return history.partial(parse(question).query!, EVERYTHING)
}

test('a flipped byte in what queries read of additional_info: all is put back from its exact text', async () => {
  const folder = await one()
  const [column] = await filesNamed(folder, /additional_info\.i\..*Int64.*\.bin$/)
  await flip(column!, size => size >> 1)
  const { history, about, said } = await rescued('i >= 0 | sum(i)')
  expect(about).toMatchObject({ rows: ROWS, read: ROWS })
  expect(await there(history)).toEqual({ rows: ROWS, distinct: ROWS, altered: 0 })
  expect([history.status.detached, history.status.missing]).toEqual([['20261120_1_1_0'], 0])
  expect(history.uncovered(EVERYTHING)).toBeUndefined()
  expect(said.join('\n')).toContain(`of its ${ROWS} events ${ROWS} could be read and are in answers again`)
  expect(await readdir(join(path, 'salvage', '20261120_1_1_0'))).toEqual(['about.json'])
}, 60_000)

test('a flipped byte in a column that is needed: the other granules answer, and what is missing is said where it is', async () => {
  const folder = await one()
  await flip(join(folder, 'seq.bin'), () => 40)
  const { history, about } = await rescued('seq >= 0 | count()')
  expect(about.read).toBeGreaterThan(0)
  expect(about.read).toBeLessThan(ROWS)
  expect(await there(history)).toEqual({ rows: about.read, distinct: about.read, altered: 0 })
  const lost = `up to ${ROWS - about.read} events of 1 part of the history`
  expect(history.status.missing).toBe(ROWS - about.read)
  expect(history.uncovered(EVERYTHING)).toBe(lost)
  expect(history.uncovered({ from: NOW + ROWS + 1, to: NOW + 2 * ROWS })).toBeUndefined()
  expect(history.uncovered({ from: 0, to: NOW })).toBeUndefined()
  await history.stop()
  const again = await starting()
  expect([again.uncovered(EVERYTHING), await again.count()]).toEqual([lost, about.read])
  const [kept] = await filesNamed(join(path, 'history', 'data', 'store'), /detached\/20261120_1_1_0$/)
  await rm(kept!, { recursive: true })
  await again.stop()
  const third = await starting()
  expect([third.uncovered(EVERYTHING), third.status.missing]).toEqual([undefined, 0])
  await expect.poll(() => readdir(join(path, 'salvage'))).toEqual([])
}, 60_000)

test('of a column whose file is empty, which the engine reads as zeros, nothing is taken for what was sent', async () => {
  const folder = await one()
  const told: About[] = []
  const history = await starting({ patience: 100, onSetAside: about => told.push(about) })
  await writeFile(join(folder, 'type.bin'), '')
  await flip(join(folder, 'seq.bin'), () => 40)
  await expect(ask(history, 'seq >= 0 | count()')).rejects.toThrow(/damaged on disk/)
  await expect.poll(() => told, { timeout: 20_000 }).toMatchObject([{ rows: ROWS, read: 0 }])
  expect([await history.count(), history.status.missing]).toEqual([0, ROWS])
}, 60_000)

test('a part that cannot be read once, and then can, is left where it is', async () => {
  const folder = await one()
  const said: string[] = []
  const history = await starting({ patience: 1000, log: line => said.push(line) })
  await flip(join(folder, 'seq.bin'), () => 40)
  await expect(ask(history, 'seq >= 0 | count()')).rejects.toThrow(/damaged on disk/)
  await expect.poll(() => said.join(), { timeout: 5000 }).toContain("can't be read; where it stays so it is set aside")
  await flip(join(folder, 'seq.bin'), () => 40)
  await sleep(3000)
  expect([await history.count(), history.status.detached]).toEqual([ROWS, []])
}, 60_000)

test('what could not be read and comes again from the journal is not missing', async () => {
  const folder = await one()
  await flip(join(folder, 'seq.bin'), () => 40)
  const again = numbered(ROWS)
  const [seq] = await filesNamed(join(path, 'journal'), /\.open$/)
  const collector = /([^/]+)-\d+\.jsonl\.open$/.exec(seq!)![1]!
  again.seq = 1
  again.collector = collector
  const digits = (seq: number): string => String(seq).padStart(16, '0')
  await writeFile(join(path, 'journal', `${collector}-${digits(1)}-${digits(ROWS)}.jsonl`), writeLines(again))
  const history = await starting({ patience: 100 })
  await handedOver(history, ROWS, 20_000)
  await expect
    .poll(() => history.status, { timeout: 10_000 })
    .toMatchObject({ missing: 0, refused: 0, stuck: undefined })
  expect(history.status.detached).toEqual(['20261120_1_1_0'])
  expect(history.uncovered(EVERYTHING)).toBeUndefined()
  expect(await there(history)).toEqual({ rows: ROWS, distinct: ROWS, altered: 0 })
}, 60_000)

test('from before it is detached until its lines are back, all of a part is said to be missing', async () => {
  const folder = await one()
  await flip(join(folder, 'seq.bin'), () => 40)
  const engine = embedded({ path: join(path, 'history') })
  const seen: unknown[] = []
  const { command, load } = engine
  let told = 0
  const history = await starting({ engine, patience: 100, onSetAside: () => told++ })
  const look = (): void => void seen.push([history.uncovered(EVERYTHING), history.revision > revision])
  const { revision } = history
  engine.command = async sql => {
    if (sql.includes('DETACH')) look()
    await command.call(engine, sql)
  }
  engine.load = async given => {
    await load.call(engine, given)
    look()
  }
  await expect(ask(history, 'seq >= 0 | count()')).rejects.toThrow(/damaged on disk/)
  await expect.poll(() => told, { timeout: 20_000 }).toBe(1)
  const all = [`up to ${ROWS} events of 1 part of the history`, true]
  expect(seen).toEqual([all, all])
  expect(history.status.missing).toBeLessThan(ROWS)
}, 60_000)

test('an index emptied beneath what is offered again, of which the engine does not say whose it is: the part is found', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const { load } = engine
  let loads = 0
  engine.load = async given => {
    if (++loads !== 2) return load.call(engine, given)
    const store = join(path, 'history', 'data', 'store')
    const [index] = await filesNamed(store, /20261120_1_1_0\/skp_idx_seq_range\.idx2$/)
    await writeFile(index!, '')
    throw new EngineError('the history engine went away', ABSENT)
  }
  const history = await starting({ engine, patience: 100 })
  await history.append(numbered(ROWS - 5))
  await handedOver(history, ROWS - 5, 20_000)
  await history.append(numbered(5, ROWS - 5))
  await handedOver(history, ROWS, 20_000)
  await expect
    .poll(() => history.status, { timeout: 20_000 })
    .toMatchObject({ detached: ['20261120_1_1_0'], missing: 0, refused: 0, stuck: undefined })
  expect(await there(history)).toEqual({ rows: ROWS, distinct: ROWS, altered: 0 })
}, 60_000)

test('a file that lost its bytes, which no question notices, is noticed by the clock', async () => {
  const clock = new SimulatedClock(NOW)
  const folder = await one()
  const history = await starting({ patience: 100, clock })
  await writeFile(join(folder, 'type.bin'), '')
  clock.advance(61_000)
  await expect.poll(() => history.status, { timeout: 20_000 }).toMatchObject({ missing: ROWS })
  await expect.poll(() => history.count(), { timeout: 10_000 }).toBe(0)
}, 60_000)

/** An engine that dies, with all that it was doing, as a command or an insert begins or has ended. */
function dying(at: RegExp, when: 'before' | 'after'): { engine: Engine; died: Promise<void> } {
  const engine = embedded({ path: join(path, 'history') })
  let tell = (): void => {}
  const died = new Promise<void>(resolve => {
    tell = resolve
  })
  let armed = true
  const { command, load } = engine
  const around = async (what: string, act: () => Promise<void>): Promise<void> => {
    const hit = armed && at.test(what)
    if (!hit || when === 'after') await act()
    if (!hit) return
    armed = false
    tell()
    throw new Error('killed')
  }
  engine.command = sql => around(sql, () => command.call(engine, sql))
  engine.load = given => around(given.sql('x'), () => load.call(engine, given))
  return { engine, died }
}

test.each([
  ['before it is detached', /DETACH PART/, 'before'],
  ['after it was detached', /DETACH PART/, 'after'],
  ['before its lines go in', /IN \(SELECT collector, seq/, 'before'],
  ['after its lines went in', /IN \(SELECT collector, seq/, 'after'],
] as const)(
  'killed %s: the next start goes on, and every event is there once',
  async (_, at, when) => {
    const folder = await one()
    const { engine, died } = dying(at, when)
    await flip(join(folder, 'seq.bin'), () => 40)
    const history = await starting({ engine })
    await expect(ask(history, 'seq >= 0 | count()')).rejects.toThrow(/damaged on disk/)
    await died
    await history.stop()
    const again = await starting()
    await again.append(numbered(3, ROWS))
    await handedOver(again, ROWS + 3, 20_000)
    await expect.poll(() => again.status.missing, { timeout: 20_000 }).toBeLessThan(ROWS)
    expect(again.status.detached.length).toBe(1)
    const { rows, distinct, altered } = await there(again)
    expect([rows, altered]).toEqual([distinct, 0])
    expect(rows).toBe(ROWS + 3 - again.status.missing)
  },
  60_000,
)
