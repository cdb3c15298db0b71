import { stat, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SimulatedClock } from '@telltale/event'
import { parse } from '@telltale/query'
import { expect, test } from 'vitest'
import { OLD_PARTS } from './engine/config.ts'
import { embedded } from './engine/embedded.ts'
import { batch, enginePid, filesNamed, handedOver, NOW, path, spoilingFirst, starting } from './testing/lives.ts'

/** A history whose first insert the disk left seven bytes of unwritten; something happens before the insert says that it is done. */
async function spoilt(then: (said: readonly string[]) => Promise<void>, clock = new SimulatedClock(NOW)) {
  const said: string[] = []
  const engine = spoilingFirst(/20261120_[^/]*\/data\.bin$/, async file => {
    await truncate(file, (await stat(file)).size - 7)
    await then(said)
  })
  const one = await starting({ engine, clock, patience: 100, log: line => said.push(line) })
  await one.append(batch(5))
  return { one, engine, said }
}

test('scar: an insert the disk left unwritten, dropped by a look of the clock before its own: its segment does not go without it', async () => {
  const clock = new SimulatedClock(NOW)
  const { one, engine } = await spoilt(async said => {
    clock.advance(61_000)
    await expect.poll(() => said.join(), { timeout: 10_000 }).toContain('of part 20261120_1_1_0 unwritten')
    const parts = async () =>
      (await engine.read("SELECT count() FROM system.parts WHERE active AND rows > 0 AND table = 'events'")).bytes
    await expect.poll(async () => (await parts()).toString(), { timeout: 10_000 }).toBe('0\n')
  }, clock)
  await handedOver(one, 5, 20_000)
  expect([await one.count(), one.status.missing]).toEqual([5, 0])
}, 60_000)

test('scar: … let go of by the engine, which went away before its own: likewise', async () => {
  const { one, engine } = await spoilt(async () => {
    const { restarts } = engine
    process.kill(await enginePid(), 'SIGKILL')
    await expect.poll(() => engine.restarts > restarts && engine.state.kind, { timeout: 20_000 }).toBe('ready')
  })
  await handedOver(one, 5, 20_000)
  expect(await one.count()).toBe(5)
  await expect.poll(() => one.status.missing, { timeout: 20_000 }).toBe(0)
}, 60_000)

test('scar: … dropped while it is offered again: what the table had of it then does not count', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const { command, load, read } = engine
  let [loads, looks] = [0, 0]
  engine.load = async given => {
    await load.call(engine, given)
    if (++loads > 1) return
    const [file] = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_[^/]*\/data\.bin$/)
    await truncate(file!, (await stat(file!)).size - 7)
  }
  engine.read = async (sql, options) => {
    if (loads === 1 && sql.includes('bytes_on_disk') && looks++ === 0) throw new Error('the disk does not answer')
    return read.call(engine, sql, options)
  }
  engine.command = async sql => {
    if (sql.includes('DROP PART')) await expect.poll(() => loads, { timeout: 10_000 }).toBe(2)
    await command.call(engine, sql)
  }
  const clock = new SimulatedClock(NOW)
  const one = await starting({ engine, clock })
  await one.append(batch(5))
  await one.flush()
  expect(loads).toBe(1)
  clock.advance(61_000)
  await handedOver(one, 5, 20_000)
  expect([await one.count(), loads > 2]).toEqual([5, true])
}, 60_000)

test('scar: an insert that the engine calls done though nothing of it went in is offered again', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const { load } = engine
  let loads = 0
  engine.load = async given => {
    if (++loads > 1) await load.call(engine, given)
  }
  const said: string[] = []
  const one = await starting({ engine, log: line => said.push(line) })
  await one.append(batch(5))
  await handedOver(one, 5, 20_000)
  expect(await one.count()).toBe(5)
  expect(said.join()).toContain('5 of its events did not go in: they are offered again')
}, 30_000)

test('scar: an insert that the engine calls done though the disk cut a file short is done again before its segment goes', async () => {
  const said: string[] = []
  const one = await starting({
    engine: spoilingFirst(/20261120_[^/]*\/data\.bin$/, async file => truncate(file, (await stat(file)).size - 7)),
    log: line => said.push(line),
  })
  await one.append(batch(5))
  await handedOver(one, 5, 10_000)
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
  await handedOver(one, 20, 20_000)
  expect(said.join()).toMatch(/started anew: the disk left skp_idx_seq_range.cmrk4 of part 20261120_1_3_1 unwritten/)
  const { query } = parse('* | count(), uniq(seq)')
  const answer = await one.partial(query!, { from: 0, to: 9e12 })
  expect(answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]).toBe(20)
})

test('scar: what was merged stays on disk for longer than the next look takes', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  for (let i = 0; i < 2; i++) {
    await one.append(batch(5))
    await one.flush()
  }
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  await sleep(6000)
  const counts = await filesNamed(join(path, 'history', 'data', 'store'), /20261120_\d_\d_\d\/count\.txt$/)
  expect(counts.map(file => basename(dirname(file))).sort()).toEqual([
    '20261120_1_1_0',
    '20261120_1_2_1',
    '20261120_2_2_0',
  ])
  const { bytes } = await engine.read("SELECT value FROM system.merge_tree_settings WHERE name = 'old_parts_lifetime'")
  expect(Number(bytes.toString())).toBe(OLD_PARTS)
}, 30_000)

test('scar: … its own count of events among them, and other seqs the history never had: nothing is said to be missing', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine, patience: 100 })
  for (let i = 0; i < 4; i++) {
    await one.append(batch(5))
    await one.flush()
  }
  await engine.command("ALTER TABLE telltale.events DROP PART '20261120_1_1_0'") // as what the journal set aside
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  const merged = /20261120_\d+_4_[12]\/(count|columns|checksums)\.txt$/
  const files = await filesNamed(join(path, 'history', 'data', 'store'), merged)
  expect(files.length).toBe(3)
  for (const file of files) await writeFile(file, '')
  await one.append(batch(5))
  await handedOver(one, 25, 20_000)
  await expect.poll(() => one.status.detached.length, { timeout: 10_000 }).toBe(1)
  await one.append(batch(5))
  await handedOver(one, 30, 20_000)
  await expect.poll(() => one.uncovered({ from: 0, to: 9e12 }), { timeout: 10_000 }).toBeUndefined()
  expect([await one.count(), one.status.missing]).toEqual([25, 0])
}, 60_000)

test('scar: … and a question fails over it before anything more is inserted: it is not set aside with all its events', async () => {
  const said: string[] = []
  const engine = embedded({ path: join(path, 'history'), log: line => said.push(line) })
  const one = await starting({ engine, patience: 100 })
  for (let i = 0; i < 3; i++) {
    await one.append(batch(5))
    await one.flush()
  }
  await engine.command('OPTIMIZE TABLE telltale.events FINAL')
  for (const file of await filesNamed(
    join(path, 'history', 'data', 'store'),
    /20261120_1_3_1\/(data\.bin|columns\.txt)$/,
  ))
    await writeFile(file, '')
  const counted = async (): Promise<unknown> => {
    const answer = await one.partial(parse('i >= 0 | count()').query!, { from: 0, to: 9e12 })
    return answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]
  }
  await expect(counted()).rejects.toThrow()
  await expect.poll(() => counted().catch(() => 0), { timeout: 20_000, interval: 200 }).toBe(15)
  expect(said.join()).toMatch(/started anew: the disk left (data.bin|columns.txt) of part 20261120_1_3_1 unwritten/)
  expect([await one.count(), one.status.missing]).toEqual([15, 0])
}, 30_000)

test('a part made anew for another time to keep that the disk left unwritten is not dropped: its segment has gone', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  await one.append(batch(5))
  await one.flush()
  await one.keep('5y')
  const store = join(path, 'history', 'data', 'store')
  const made = () => filesNamed(store, /20261120_1_1_0_\d+\/columns\.txt$/)
  await expect.poll(async () => (await made()).length, { timeout: 10_000 }).toBe(1)
  await writeFile((await made())[0]!, '')
  await one.append(batch(5))
  await handedOver(one, 10, 20_000)
  await expect.poll(() => one.count().catch(() => 0), { timeout: 10_000 }).toBe(10)
}, 60_000)
