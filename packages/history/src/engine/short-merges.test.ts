import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { batch, filesNamed, handedOver, path, starting } from '../testing/lives.ts'
import { embedded } from './embedded.ts'
import { mendOverlaps } from './mend-parts.ts'
import { mendShortMerges } from './short-merges.ts'

/** The counts of three parts of five events each, of one day. */
async function threeParts(): Promise<string[]> {
  const one = await starting()
  for (let i = 0; i < 3; i++) {
    await one.append(batch(5))
    await one.flush()
  }
  await one.stop()
  return filesNamed(join(path, 'history', 'data', 'store'), /20261120_\d_\d_0\/count\.txt$/)
}

test('scar: events of a part that the engine took for empty are merged away: they are taken back', async () => {
  const table = dirname(dirname((await threeParts())[0]!))
  const [part, kept] = [join(table, '20261120_2_2_0'), join(path, 'kept')]
  await cp(part, kept, { recursive: true })
  const engine = embedded({ path: join(path, 'history') })
  await engine.start()
  await engine.command("ALTER TABLE telltale.events DROP PART '20261120_2_2_0'")
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  await engine.stop()
  await rm(part, { recursive: true, force: true })
  await rename(kept, part)
  await rm(join(table, '20261120_2_2_1'), { recursive: true }) // as if none had stood for it
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  expect(said.join()).toContain('lack events of what was merged into them')
  await expect.poll(() => two.count(), { timeout: 10_000 }).toBe(15)
  await expect.poll(() => two.status.detached, { timeout: 10_000 }).toEqual([])
  await two.append(batch(5))
  await handedOver(two, 20, 10_000)
  await two.stop()
  said.length = 0
  const three = await starting({ log: line => said.push(line) })
  expect([await three.count(), said.join()]).toEqual([20, ''])
}, 60_000)

test('… all of them or none, wherever it ends in between', async () => {
  const counts = await threeParts()
  const table = dirname(dirname(counts[0]!))
  const list = counts.map(file => dirname(file).slice(join(path, 'history').length + 1))
  await writeFile(join(path, 'history', 'short.json'), JSON.stringify([...list, join(dirname(list[0]!), 'gone')]))
  const engine = embedded({ path: join(path, 'history') })
  await engine.start()
  expect((await readdir(join(table, 'detached'))).sort()).toEqual(
    [1, 2, 3].map(n => `broken-on-start_20261120_${n}_${n}_0`),
  )
  expect(await readdir(join(path, 'history'))).not.toContain('short.json')
  await engine.stop()
  const two = await starting()
  await expect.poll(() => two.count(), { timeout: 10_000 }).toBe(15)
}, 60_000)

test('what was let go of by right does not come back: a part that was dropped, or is past its time', async () => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.append(batch(5))
  await one.flush()
  await one.stop()
  const engine = embedded({ path: join(path, 'history') })
  await engine.start()
  await engine.command("ALTER TABLE telltale.events DROP PART '20261120_1_1_0'")
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  await engine.stop()
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  expect([await two.count(), said.filter(line => !line.includes('its folder was emptied'))]).toEqual([5, []])
  await two.stop()
  const [merged] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_1_2_\d\/count\.txt$/)
  const [second] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_2_2_0\/count\.txt$/)
  expect(await readFile(merged!, 'utf8')).toBe('5')
  await writeFile(second!, '6')
  const ttl = (seconds: number) =>
    writeFile(join(dirname(second!), 'ttl.txt'), `ttl format version: 1\n{"table":{"min":${seconds},"max":${seconds}}}`)
  await ttl(1000)
  expect(await mendShortMerges(join(path, 'history'), 1_000_001)).toEqual([])
  await ttl(1001)
  expect((await mendShortMerges(join(path, 'history'), 1_000_001)).join()).toMatch(/20261120_2_2_0$/)
}, 60_000)

test('a part that was made anew for a change of the table takes the place of the one before; fewer events in it are noticed', async () => {
  const table = join(path, 'data', 'store', 'a', 'b')
  const parts = { '20261120_1_1_0': '5', '20261120_1_1_0_3': '5', '20261120_2_2_1_3': '7', '20261120_1_2_2_3': '9' }
  for (const [name, rows] of Object.entries(parts)) {
    await mkdir(join(table, name), { recursive: true })
    await writeFile(join(table, name, 'count.txt'), rows)
  }
  await mkdir(join(table, 'detached'))
  expect(await mendOverlaps(path)).toEqual([])
  expect(await mendShortMerges(path)).toEqual(
    ['20261120_1_1_0_3', '20261120_2_2_1_3'].map(name => `data/store/a/b/${name}`),
  )
  expect((await readdir(table)).sort()).toEqual(['20261120_1_1_0', '20261120_1_2_2_3', 'detached'])
})
