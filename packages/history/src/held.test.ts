import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SimulatedClock } from '@telltale/event'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { batch, NOW, path, starting } from './testing/lives.ts'

const store = () => join(path, 'history', 'data', 'store')
/** ms for which events are kept. */
const KEEP = 40 * 86_400_000
const ALL = { from: 0, to: 9e15 }

async function filled(count: number, options = {}): Promise<void> {
  const one = await starting(options)
  await one.append(batch(count))
  await one.flush()
  await one.stop()
}

test('scar: a store that was removed by hand: answers say how many events are missing, start after start', async () => {
  const clock = new SimulatedClock(NOW)
  await filled(5, { clock })
  await rm(store(), { recursive: true })
  const said: string[] = []
  const two = await starting({ clock, log: line => said.push(line) })
  expect(two.uncovered(ALL)).toBe('5 events that were in the history are missing')
  expect(two.status).toMatchObject({ lost: 5, missing: 0 })
  expect(said.join('\n')).toContain('5 events that were in the history are missing')
  // What comes from now on is all there: a ring need not know what was before.
  expect(two.uncovered({ from: NOW, to: 9e15 })).toBeUndefined()
  expect(await two.maxTimeBelow(1)).toBe(NOW)
  await two.append(batch(3))
  await two.flush()
  await two.stop()
  clock.advance(1000)
  const three = await starting({ clock })
  expect([await three.count(), three.uncovered(ALL)]).toEqual([3, '5 events that were in the history are missing'])
})

test('it is said until they would have been let go of, or are there again', async () => {
  const clock = new SimulatedClock(NOW)
  await filled(5, { clock, keep: KEEP })
  await cp(store(), `${store()}.copy`, { recursive: true })
  await rm(store(), { recursive: true })
  const two = await starting({ clock, keep: KEEP })
  expect(two.status.lost).toBe(5)
  clock.jump(KEEP + 1)
  expect([two.status.lost, two.uncovered(ALL)]).toEqual([0, undefined])
  clock.jump(-KEEP - 1)
  await two.stop()
  await rm(store(), { recursive: true })
  await rename(`${store()}.copy`, store())
  const three = await starting({ clock, keep: KEEP })
  expect([await three.count(), three.uncovered(ALL)]).toEqual([5, undefined])
})

test('an older copy of the folder put in its place lacks what came since', async () => {
  const clock = new SimulatedClock(NOW)
  await filled(5, { clock })
  await cp(join(path, 'history'), join(path, 'copy'), { recursive: true })
  await filled(2, { clock })
  await rm(join(path, 'history'), { recursive: true })
  await rename(join(path, 'copy'), join(path, 'history'))
  expect((await starting({ clock })).status.lost).toBe(2)
})

test('all of it removed, of an earlier version that noted nothing', async () => {
  await filled(5)
  await rm(join(path, 'history'), { recursive: true })
  await rm(join(path, 'held.json'))
  expect((await starting()).status.lost).toBe(5)
})

test('events that were let go of, and those that the journal still has, are not missing', async () => {
  const clock = new SimulatedClock(NOW)
  await filled(5, { clock, keep: KEEP })
  clock.jump(KEEP)
  await rm(store(), { recursive: true })
  const two = await starting({ clock, keep: KEEP })
  expect(two.status.lost).toBe(0)
  await two.append(batch(4))
  await two.stop()
  expect((await starting({ clock, keep: KEEP })).status.lost).toBe(0)
})

test.each(['', '{"collector":"x"', '{"collector":1}'])('a note that is damaged (%j) says nothing', async note => {
  await filled(5)
  await writeFile(join(path, 'held.json'), note)
  const two = await starting()
  expect([await two.count(), two.status.lost]).toEqual([5, 0])
})

test('a disk that fails while they are counted, which the engine takes for the end of a file, makes nothing missing, and nothing noted', async () => {
  await filled(5)
  const note = await readFile(join(path, 'held.json'), 'utf8')
  const engine = embedded({ path: join(path, 'history') })
  const { read } = engine
  engine.read = (sql, options) => read.call(engine, sql.includes('countIf') ? `${sql} WHERE seq > 2` : sql, options)
  const said: string[] = []
  const two = await starting({ engine, log: line => said.push(line) })
  await two.append(batch(2))
  await two.flush()
  expect(two.status.lost).toBe(0)
  expect(said.join()).toContain("of the history's 5 events only 3 could be read")
  await two.stop()
  expect(await readFile(join(path, 'held.json'), 'utf8')).toBe(note)
  const three = await starting()
  expect([await three.count(), three.status.lost]).toEqual([7, 0])
})

const collector = () => join(path, 'journal', 'collector')

test.each(['missing', 'empty', 'garbage'])(
  'scar: a file of the collector’s name that is %s: the name of what is there goes on, and all is answered',
  async how => {
    await filled(5)
    const name = await readFile(collector(), 'utf8')
    if (how === 'missing') await rm(collector())
    else await writeFile(collector(), how === 'empty' ? '' : '\0\n')
    const said: string[] = []
    const two = await starting({ log: line => said.push(line) })
    expect(`${two.journal.collector}\n`).toBe(name)
    expect(await readFile(collector(), 'utf8')).toBe(name)
    expect([two.flushedSeq, two.journal.lastSeq, await two.count()]).toEqual([5, 5, 5])
    expect(said.join('\n')).toMatch(/journal\/collector was missing or not valid: it says [0-9a-f]{12} again/)
  },
)

test.each([['the note'], ['the table', 'held.json']])(
  'with the whole journal gone, %s has the name',
  async (_, ...more) => {
    await filled(5)
    const name = (await readFile(collector(), 'utf8')).trim()
    for (const gone of ['journal', ...more]) await rm(join(path, gone), { recursive: true })
    await mkdir(join(path, 'journal'))
    const two = await starting()
    expect([two.journal.collector, two.journal.lastSeq]).toEqual([name, 5])
  },
)

test('events of another collector are answered for, also where a ring has all of this one', async () => {
  await filled(5, { collector: 'one' })
  const two = await starting({ collector: 'two' })
  expect(two.status.lost).toBe(0)
  expect(await two.maxTimeBelow(1)).toBe(NOW)
  expect(two.waitingOfOthers).toBe(0)
})
