import { cp, readFile, rename, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { embedded } from '../engine/embedded.ts'
import { batch, filesNamed, NOW, path, starting } from '../testing/lives.ts'

const DAY = 86_400_000

test.each([
  ['at once', true],
  ['once the disk can be read again', false],
])(
  'scar: parts that the engine lets go of at its start though they are whole, as where a disk fails for a moment, are taken back %s',
  async (_, whole) => {
    const one = await starting()
    await one.append(batch(5))
    await one.flush()
    await one.append(batch(3, NOW - 2 * DAY))
    await one.flush()
    await one.stop()
    const store = join(path, 'history', 'data', 'store')
    const spoilt = await filesNamed(store, /202611(20|18)_[^/]*\/columns\.txt$/)
    const before = await Promise.all(spoilt.map(file => readFile(file)))
    expect(spoilt.length).toBe(2)
    for (const file of spoilt) await writeFile(file, 'nonsense')
    const engine = embedded({ path: join(path, 'history') })
    await engine.start()
    const mend = async (): Promise<void> => {
      for (const [i, file] of spoilt.entries()) {
        const part = basename(dirname(file))
        await writeFile(join(dirname(dirname(file)), 'detached', `broken-on-start_${part}`, 'columns.txt'), before[i]!)
      }
    }
    if (whole) await mend()
    await engine.stop()
    const said: string[] = []
    const two = await starting({ patience: 200, log: line => said.push(line) })
    if (!whole) {
      expect(two.uncovered({ from: 0, to: 9e12 })).toBe('up to 8 events of 2 parts of the history')
      await mend()
    }
    await expect.poll(() => two.status.detached, { timeout: 10_000 }).toEqual([])
    expect([await two.count(), two.status.missing, two.uncovered({ from: 0, to: 9e12 })]).toEqual([8, 0, undefined])
    expect(said.join()).toMatch(
      /2 parts of the history that the engine let go of at its start are whole, and their 8 events/,
    )
    await two.append(batch(2))
    await two.flush()
    await two.stop()
    const three = await starting()
    expect([await three.count(), three.status.detached, three.status.lost]).toEqual([10, [], 0])
  },
  30_000,
)

test('scar: parts taken back that are merged meanwhile beside the table: none of their events is passed over', async () => {
  const one = await starting()
  for (let i = 0; i < 6; i++) {
    await one.append(batch(5))
    await one.flush()
  }
  await one.stop()
  const columns = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/columns\.txt$/)
  for (const part of columns.map(dirname))
    await rename(part, join(dirname(part), 'detached', `broken-on-start_${basename(part)}`))
  const engine = embedded({ path: join(path, 'history') })
  const { command } = engine
  engine.command = async sql => {
    if (/INSERT INTO telltale.events SELECT .*taken_back/.test(sql)) {
      await command.call(engine, 'SYSTEM START MERGES telltale.taken_back')
      await command.call(engine, 'OPTIMIZE TABLE telltale.taken_back FINAL')
    }
    await command.call(engine, sql)
  }
  const two = await starting({ engine })
  await expect.poll(() => two.status.detached, { timeout: 20_000 }).toEqual([])
  expect(await two.count()).toBe(30)
}, 30_000)

test('parts taken back together, a large one, some that others hold all of and one that is damaged: all but that, each event once', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  for (const count of [5, 60_000, 3]) {
    await one.append(batch(count))
    await one.flush()
  }
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  await one.append(batch(7))
  await one.flush()
  await one.append(batch(2, NOW - 2 * DAY))
  await one.flush()
  await one.stop()
  const columns = await filesNamed(join(path, 'history', 'data', 'store'), /202611(20|18)_[^/]*\/columns\.txt$/)
  const parts = columns.map(dirname)
  expect(parts.map(part => basename(part)).sort()).toEqual([
    '20261118_5_5_0',
    '20261120_1_1_0',
    '20261120_1_3_1',
    '20261120_2_2_0',
    '20261120_3_3_0',
    '20261120_4_4_0',
  ])
  for (const part of parts) await rename(part, join(dirname(part), 'detached', `broken-on-start_${basename(part)}`))
  const [data] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_4_4_0\/data\.bin$/)
  await truncate(data!, 100)
  const two = await starting({ patience: 1000 })
  await expect.poll(() => two.status.detached, { timeout: 20_000 }).toEqual(['broken-on-start_20261120_4_4_0'])
  expect(await two.count()).toBe(60_010)
  expect((await two.sql('SELECT uniqExact(seq) FROM events')).rows).toEqual([[60_010]])
}, 60_000)

test.each(['data.bin', 'count.txt', 'columns_substreams.txt'])(
  'a part that the engine let go of and that is damaged (%s) is not taken back: nothing of it gets into answers, and it stays',
  async name => {
    const one = await starting()
    await one.append(batch(5))
    await one.flush()
    await one.stop()
    const [file] = await filesNamed(join(path, 'history', 'data', 'store'), new RegExp(`20261120_[^/]*/${name}$`))
    const bytes = await readFile(file!)
    await writeFile(file!, name === 'count.txt' ? '3' : bytes.subarray(0, bytes.length >> 1))
    const part = dirname(file!)
    await rename(part, join(dirname(part), 'detached', `broken-on-start_${basename(part)}`))
    const said: string[] = []
    const two = await starting({ patience: 10, log: line => said.push(line) })
    const refusals = (): number =>
      said.filter(line => line.includes('let go of by the engine, is not taken back')).length
    await expect.poll(refusals, { timeout: 20_000 }).toBe(8)
    expect([await two.count(), two.status.detached.length, two.uncovered({ from: 0, to: 9e12 })]).toEqual([
      0,
      1,
      expect.stringMatching(/^up to [35] events of 1 part of the history/),
    ])
  },
  30_000,
)

test('scar: of a part taken back those events stay out that have come again from the journal meanwhile', async () => {
  const one = await starting()
  await one.append(batch(5))
  await one.journal.seal()
  await one.stop()
  const journal = join(path, 'journal')
  const two = await starting()
  await two.append(batch(3))
  await two.journal.seal()
  const [segment] = two.journal.sealed
  await cp(segment!.path, join(path, 'kept'))
  await two.flush()
  await two.stop()
  // As a kill between the insert and the removal of its segment leaves it.
  await cp(join(path, 'kept'), join(journal, basename(segment!.path)))
  const [columns] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_2_2_0\/columns\.txt$/)
  const part = dirname(columns!)
  await rename(part, join(dirname(part), 'detached', `broken-on-start_${basename(part)}`))
  const three = await starting()
  await expect.poll(() => [three.status.waiting, three.status.detached], { timeout: 10_000 }).toEqual([0, []])
  expect(await three.count()).toBe(8)
})

test('a part that was made anew for a change of the time to keep is taken back as well', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  await one.append(batch(5))
  await one.flush()
  await one.keep('5y')
  const parts = async (): Promise<string> =>
    (await engine.read("SELECT name FROM system.parts WHERE active AND table = 'events'")).bytes.toString()
  await expect.poll(parts, { timeout: 10_000 }).toMatch(/^20261120_1_1_0_\d+\n$/)
  const name = (await parts()).trim()
  await one.stop()
  const [file] = await filesNamed(join(path, 'history', 'data', 'store'), new RegExp(`${name}/count\\.txt$`))
  const table = dirname(dirname(file!))
  for (const part of ['20261120_1_1_0', name])
    await rename(join(table, part), join(table, 'detached', `broken-on-start_${part}`))
  const two = await starting({ keep: '5y' })
  await expect.poll(() => two.status.detached, { timeout: 20_000 }).toEqual([])
  expect([await two.count(), two.status.missing]).toEqual([5, 0])
}, 30_000)
