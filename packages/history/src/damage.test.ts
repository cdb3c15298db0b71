import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writeLines } from '@telltale/event'
import { parse } from '@telltale/query'
import { expect, test } from 'vitest'
import type { About } from './damage/aside.ts'
import { embedded } from './engine/embedded.ts'
import { mendParts } from './engine/mend-parts.ts'
import type { Refused } from './flush.ts'
import { batch, filesNamed, handedOver, NOW, path, spoilingFirst, starting } from './testing/lives.ts'

const DAY = 86_400_000

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

test('a part that never became one is left to the engine to remove', async () => {
  const passing = join(path, 'data/store/a/b/tmp_insert_20261120_1_1_0')
  await mkdir(passing, { recursive: true })
  await writeFile(join(passing, 'metadata_version.txt'), '')
  expect([await mendParts(path), await readdir(passing)]).toEqual([[], ['metadata_version.txt']])
})

test.each(['metadata_version.txt', 'columns.txt', 'data.bin', 'skp_idx_seq_range.cmrk4'])(
  'scar: an insert that the engine calls done though the disk left %s empty is done again before its segment goes',
  async name => {
    const said: string[] = []
    const wanted = new RegExp(`20261120_[^/]*/${name}$`)
    const one = await starting({
      engine: spoilingFirst(wanted, file => writeFile(file, '')),
      log: line => said.push(line),
    })
    await one.append(batch(5))
    await handedOver(one, 5, 10_000)
    expect(said.join()).toContain(`the disk left ${name} of part 20261120_1_1_0 unwritten`)
    await one.stop()
    const two = await starting()
    expect([await two.count(), two.status.detached, two.status.refused]).toEqual([5, [], 0])
  },
)

test.each([
  ['and could be loaded again', true],
  ['and is let go of too', false],
])(
  'scar: a part that was dropped, of which the engine loses what stands for it, %s: each event is there once, and nothing is said to be missing',
  async (_, loadable) => {
    let whole: Buffer = Buffer.alloc(0)
    let index = ''
    const engine = spoilingFirst(/20261120_[^/]*\/skp_idx_seq_range\.cmrk4$/, async file => {
      whole = await readFile(file)
      index = file
      await writeFile(file, '')
    })
    const { command } = engine
    const kept = join(path, 'kept')
    engine.command = async sql => {
      if (sql.includes('DROP PART')) await cp(dirname(index), kept, { recursive: true })
      await command.call(engine, sql)
    }
    const one = await starting({ engine })
    await one.append(batch(5))
    await handedOver(one, 5, 10_000)
    await one.stop()
    // As a kill right behind leaves it.
    const table = dirname(dirname(index))
    await rm(join(table, '20261120_1_1_1'), { recursive: true, force: true })
    await cp(kept, loadable ? dirname(index) : join(table, 'detached', 'broken-on-start_20261120_1_1_0'), {
      recursive: true,
    })
    if (loadable) await writeFile(index, whole)
    const two = await starting({ patience: 100 })
    expect([await two.count(), two.status.missing]).toEqual([5, 0])
    expect(two.uncovered({ from: 0, to: 9e12 })).toBeUndefined()
  },
)

test('scar: a merged part that a power cut brought back, beside the one it was merged into anew: it is put aside, and all is there once', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  const merged = async (): Promise<string> => {
    await one.append(batch(5))
    await one.flush()
    await engine.command('OPTIMIZE TABLE telltale.events FINAL')
    const [found] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_1_\d+_[1-9]\d*\/data\.bin$/)
    return dirname(found!)
  }
  await one.append(batch(5))
  await one.flush()
  const first = await merged()
  const kept = join(path, 'kept')
  await cp(first, kept, { recursive: true })
  for (let i = 0; i < 2; i++) await merged()
  const parts = await readdir(dirname(first))
  const last = parts.filter(name => /^20261120_1_4_\d+$/.test(name))[0]!
  await one.stop()
  // Of the level of the one that holds all of it, as where the merge was done anew.
  await cp(kept, join(dirname(first), `20261120_1_2_${last.split('_')[3]}`), { recursive: true })
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  expect([await two.count(), two.status.missing, two.uncovered({ from: 0, to: 9e12 })]).toEqual([20, 0, undefined])
  expect(said.join()).toMatch(/put aside: data\/store\/.*20261120_1_2_/)
})

test.each([
  ['is whole', (): Promise<void> => Promise.resolve()],
  ['is empty', (folder: string): Promise<void> => writeFile(join(folder, 'count.txt'), '')],
])(
  'scar: a merged part that the engine lets go of while it has what was merged into it: nothing is missing, and no answer says so (its count %s)',
  async (_, spoil) => {
    const engine = embedded({ path: join(path, 'history') })
    const one = await starting({ engine })
    for (let i = 0; i < 3; i++) {
      await one.append(batch(5))
      await one.flush()
    }
    await engine.command('OPTIMIZE TABLE telltale.events FINAL')
    const [list] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_1_3_1\/columns_substreams\.txt$/)
    await truncate(list!, 100)
    await spoil(dirname(list!))
    await one.append(batch(5))
    await handedOver(one, 20, 20_000)
    await expect.poll(() => one.status.detached, { timeout: 10_000 }).toEqual(['broken-on-start_20261120_1_3_1'])
    await one.append(batch(5))
    await handedOver(one, 25, 20_000)
    await expect.poll(() => one.uncovered({ from: 0, to: 9e12 }), { timeout: 10_000 }).toBeUndefined()
    expect([one.status.missing, await one.count()]).toEqual([0, 25])
    await engine.command('OPTIMIZE TABLE telltale.events FINAL') // into one with more
    await one.stop()
    const two = await starting()
    expect([two.status.missing, two.uncovered({ from: 0, to: 9e12 }), await two.count()]).toEqual([0, undefined, 25])
  },
)

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
  'scar: a part damaged on disk (%s) beneath events offered again condemns none of them: it is set aside, and all go in',
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
    const told: About[] = []
    const two = await starting({ log: line => said.push(line), onSetAside: about => told.push(about) })
    await two.append(batch(3))
    await two.flush()
    expect(two.status).toMatchObject({ refused: 0, waiting: 8, flushedSeq: 0 })
    expect(two.status.stuck).toContain(`the history is damaged on disk: ${dirname(column!)}/ can't be read`)
    expect(said.join()).toContain(two.status.stuck)
    await handedOver(two, 8, 20_000)
    expect(two.status).toMatchObject({ refused: 0, waiting: 0, stuck: undefined, detached: ['20261120_1_1_0'] })
    expect(await two.count()).toBe(8)
    expect(told).toMatchObject([{ part: '20261120_1_1_0', rows: 5, read: 0 }])
    await two.stop()
    const three = await starting()
    expect([three.flushedSeq, await three.count(), three.status.detached]).toEqual([8, 8, ['20261120_1_1_0']])
  },
  30_000,
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
  const gone: unknown[] = []
  const two = await starting({
    onRefused: refused => told.push(refused),
    onDamaged: about => gone.push(about),
    log: line => said.push(line),
  })
  await two.flush()
  expect(gone).toEqual([{ segment: basename(segment!), events: 1 }])
  expect([await two.count(), two.status.damaged, two.status.refused, two.flushedSeq]).toEqual([39, 1, 1, 40])
  expect(told[0]).toMatchObject({ line: expect.stringContaining('"i":73'), reason: expect.stringContaining('its sum') })
  expect(said.join()).toMatch(/1 events of the journal's segment .* were damaged on disk/)
  const { query } = parse('* | sum(i)')
  const answer = await two.partial(query!, { from: 0, to: 9e12 })
  expect(JSON.stringify([...(answer.kind === 'groups' ? answer.groups.values() : [])])).toContain(String(380 - 13))
})

test('scar: a waiting segment that lost all its bytes, as in a power cut, is told, and does not block what comes behind', async () => {
  const missing = embedded({ path: join(path, 'history') })
  missing.load = async () => {
    throw new Error('not now')
  }
  const one = await starting({ engine: missing })
  await one.append(batch(20))
  await one.flush()
  await one.append(batch(20))
  await one.stop()
  const [segment] = (await filesNamed(join(path, 'journal'), /\.jsonl$/)).sort()
  await truncate(segment!, 0)
  const gone: unknown[] = []
  const two = await starting({ onDamaged: about => gone.push(about) })
  await two.flush()
  expect(gone).toEqual([{ segment: basename(segment!), events: 20 }])
  expect([await two.count(), two.status.damaged, two.flushedSeq, two.status.stuck]).toEqual([20, 20, 40, undefined])
})

test.each([
  ['before', true],
  ['meanwhile', false],
])(
  'scar: what the journal told of as lost %s is not taken for events of parts the engine let go of: that they are missing ends once they are back',
  async (_, before) => {
    const rot = async (): Promise<void> => {
      const down = embedded({ path: join(path, 'history') })
      down.load = async () => {
        throw new Error('not now')
      }
      const one = await starting({ engine: down })
      await one.append(batch(20))
      await one.stop()
      const [segment] = await filesNamed(join(path, 'journal'), /\.jsonl$/)
      await writeFile(segment!, (await readFile(segment!, 'latin1')).replace('"i":13', '"i":73'), 'latin1')
    }
    if (before) await rot()
    const engine = embedded({ path: join(path, 'history') })
    const one = await starting({ engine })
    for (let i = 0; i < 2; i++) {
      await one.append(batch(5))
      await one.flush()
    }
    await engine.command('OPTIMIZE TABLE telltale.events FINAL')
    const note = await readFile(join(path, 'held.json'))
    await one.stop()
    await writeFile(join(path, 'held.json'), note) // as where it was killed
    if (!before) await rot()
    const columns = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/columns\.txt$/)
    const kept: [string, Buffer][] = []
    for (const part of columns.map(dirname)) {
      const gone = join(dirname(part), 'detached', `broken-on-start_${basename(part)}`)
      await rename(part, gone)
      if (basename(part).endsWith('_0')) {
        kept.push([join(gone, 'columns.txt'), await readFile(join(gone, 'columns.txt'))])
        await writeFile(join(gone, 'columns.txt'), 'nonsense')
      } else await truncate(join(gone, 'data.bin'), 7)
    }
    const two = await starting({ patience: 300 })
    await handedOver(two, 30, 20_000)
    for (let i = 1; i <= 6; i++) {
      await two.append(batch(1))
      await handedOver(two, 30 + i, 20_000)
    }
    expect(two.uncovered({ from: 0, to: 9e12 })).toMatch(/^up to \d+ events of \d parts of the history$/)
    for (const [file, bytes] of kept) await writeFile(file, bytes)
    await expect.poll(() => two.status.detached.length, { timeout: 20_000 }).toBe(1)
    await two.append(batch(5))
    await handedOver(two, 41, 20_000)
    await expect.poll(() => two.uncovered({ from: 0, to: 9e12 }), { timeout: 10_000 }).toBeUndefined()
    expect([await two.count(), two.status.missing]).toEqual([40, 0])
  },
  60_000,
)
