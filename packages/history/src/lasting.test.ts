import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { keepMetadata } from './engine/metadata.ts'
import { journal } from './journal/journal.ts'
import { OpenSegment } from './journal/open-segment.ts'
import { recover } from './journal/recover.ts'
import { openName, segmentOf } from './journal/segment.ts'
import { setAside } from './journal/set-aside.ts'
import { makeFolder } from './lasting.ts'
import { batch, filesNamed, path, starting } from './testing/lives.ts'
import { Syncs } from './testing/syncs.ts'

/** The folders of the engine's tables, and those above. */
async function tables(): Promise<string[]> {
  const store = join(path, 'history/data/store')
  const inner = (await filesNamed(store, /(^|\/)detached$/)).map(dirname)
  return [store, ...inner.map(dirname), ...inner]
}

/** The folders in which parts of such names are. */
async function withParts(names: RegExp): Promise<string[]> {
  return [...new Set((await filesNamed(join(path, 'history/data/store'), names)).map(dirname))]
}

async function unsynced(syncs: Syncs, folders: readonly string[]): Promise<string[]> {
  const has = await Promise.all(folders.map(folder => syncs.has(folder)))
  return folders.filter((_, i) => !has[i])
}

test('a folder that is made lasts, with those above that were missing, and where an earlier start made it', async () => {
  const syncs = await Syncs.watch()
  await makeFolder(join(path, 'a/b/c'))
  expect(await unsynced(syncs, [path, join(path, 'a'), join(path, 'a/b')])).toEqual([])
  syncs.forget()
  await makeFolder(join(path, 'a/b/c'))
  expect(await syncs.has(join(path, 'a/b'))).toBe(true)
})

test('before it takes events, all a first start makes lasts: journal, engine, tables and their definitions', async () => {
  const syncs = await Syncs.watch()
  await starting()
  const made = ['.', 'journal', 'history', 'history/data', 'history/data/metadata', 'history/data/data'].map(name =>
    join(path, name),
  )
  expect(await unsynced(syncs, [dirname(path), ...made, ...(await tables())])).toEqual([])
})

test('a segment goes only once its part, and what it taught of fields, have names that last', async () => {
  const one = await starting()
  const syncs = await Syncs.watch()
  const remove = one.journal.remove.bind(one.journal)
  const left: string[][] = []
  for (const parts of [/\/all_\d+_\d+_\d+$/, /\/2\d{7}_\d+_\d+_\d+$/]) {
    one.journal.remove = async segment => {
      const folders = await withParts(parts)
      left.push(folders, await unsynced(syncs, folders))
      return remove(segment)
    }
    syncs.forget()
    await one.append(batch(5)) // of which only the first teaches
    await one.flush()
  }
  expect(left).toEqual([[expect.any(String)], [], [expect.any(String)], []])
})

test('an engine has a folder that lasts, and before it starts again what the last one named', async () => {
  const syncs = await Syncs.watch()
  const engine = embedded({ path: join(path, 'history') })
  await engine.start()
  expect(await syncs.has(path)).toBe(true)
  await engine.command('CREATE TABLE one (i Int8) ENGINE = MergeTree ORDER BY i')
  await engine.stop()
  syncs.forget()
  await engine.start()
  await engine.stop()
  const above = ['history', 'history/data/metadata'].map(name => join(path, name))
  expect(await unsynced(syncs, [...above, ...(await tables())])).toEqual([])
})

test('a segment is sealed only once no sync of it is under way, however many were waited for', async () => {
  const syncs = await Syncs.watch(100)
  const open = await OpenSegment.create(path, 'c', 1)
  const line = Buffer.from('{"seq":1}\n')
  await open.write([line], 1, false)
  const first = open.sync()
  await open.write([line], 2, false)
  const [second, last] = [open.sync(), open.sync()]
  await last
  expect(syncs.underWay).toBe(0)
  await Promise.all([first, second])
  await open.close()
})

test('the folder of a journal lasts', async () => {
  const syncs = await Syncs.watch()
  const one = journal({ dir: join(path, 'journal') })
  await one.open()
  await one.close()
  expect(await unsynced(syncs, [path, one.dir])).toEqual([])
})

test('what is set aside lasts, and so does its folder', async () => {
  const syncs = await Syncs.watch()
  await setAside(segmentOf(path, 'c', 1, 1, 3), ['{}\n'])
  expect(await unsynced(syncs, [path, join(path, 'refused'), ...(await filesNamed(path, /jsonl$/))])).toEqual([])
})

test('the copy of the definitions has a name that lasts', async () => {
  const syncs = await Syncs.watch()
  await mkdir(join(path, 'data/store/a/b'), { recursive: true })
  await writeFile(join(path, 'data/store/a/b/events.sql'), 'ATTACH TABLE _\n')
  await keepMetadata(path)
  expect([await readdir(path), await syncs.has(path)]).toEqual([['data', 'metadata.json'], true])
})

test('a segment a crash left open is on disk before it counts as recovered: its last 50 ms may not have been', async () => {
  const open = join(path, openName('c', 1))
  await writeFile(open, '{"seq":1}\n')
  const syncs = await Syncs.watch()
  const { segment } = await recover(open, 'c', 1)
  expect(await syncs.has(segment!.path)).toBe(true)
})
