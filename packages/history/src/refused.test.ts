import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchOf, writeLines } from '@telltale/event'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { DIED, EngineError, type Load } from './engine/engine.ts'
import { Flush, type Refused } from './flush.ts'
import { journal } from './journal/journal.ts'
import { batch, enginePid, handedOver, NOW, path, starting } from './testing/lives.ts'

async function contents({ files }: Load): Promise<string> {
  return (await Promise.all(files.map(file => readFile(file, 'utf8')))).join('')
}

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
  await handedOver(one, 10, 20_000)
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
  await handedOver(one, 10, 60_000)
  expect([await one.count(), one.status.refused]).toEqual([10, 0])
}, 90_000)

test('an event that makes the engine crash is found, set aside and told; the others go in', async () => {
  const told: Refused[] = []
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine, onRefused: refused => told.push(refused) })
  const { load } = engine
  // What such an event would be is not known: here the real engine is killed in its place.
  engine.load = async given => {
    if (!(await contents(given)).includes('"poison"')) return load.call(engine, given)
    process.kill(await enginePid(), 'SIGKILL')
    throw new EngineError('the history engine went away', DIED)
  }
  const inputs = Array.from({ length: 8 }, (_, i) => (i === 5 ? { i, poison: true } : { i }))
  await one.append(batchOf(inputs, { hostname: 'h', receivedAt: NOW }).batch)
  await handedOver(one, 8, 150_000)
  expect([await one.count(), one.status.refused]).toEqual([7, 1])
  expect(told[0]?.line).toContain('"poison"')
}, 180_000)

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

test('scar: an event that the engine has never the memory for is set aside and told, and what waits behind it goes in', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  await one.stop()
  const other = journal({ dir: path, collector: 'c' })
  await other.open()
  const { load } = engine
  let free = false
  let tries = 0
  engine.load = async given => {
    const content = await contents(given)
    const huge = content.includes('"huge"')
    if (huge && content.split('\n').length === 2) tries++
    if (huge || !free) throw new EngineError('Code: 241. DB::Exception: MEMORY_LIMIT_EXCEEDED', 241)
    return load.call(engine, given)
  }
  await engine.start()
  const told: Refused[] = []
  const flush = new Flush(other, engine, {
    log: () => {},
    proving: insert => insert(),
    keptSince: () => 0,
    loaded: async () => {},
    flushed: () => {},
    refused: refused => told.push(refused),
    failed: () => {},
    bear: 3000,
  })
  try {
    for (const type of ['small', 'huge', 'later']) {
      const inputs = type === 'huge' ? [{ type: 'small' }, { type, text: 'x'.repeat(1000) }] : [{ type }]
      await other.append(batchOf(inputs, { hostname: 'h', receivedAt: NOW }).batch)
      await other.seal()
    }
    flush.wake()
    // While nothing goes in, no event is at fault.
    await new Promise(resolve => setTimeout(resolve, 6000))
    expect([told, other.sealed.length]).toEqual([[], 3])
    free = true
    await expect.poll(() => other.sealed.length, { timeout: 60_000 }).toBe(0)
    expect(told).toMatchObject([{ reason: expect.stringMatching(/not the memory for it/) }])
    expect(tries).toBeGreaterThanOrEqual(4)
    const { bytes } = await engine.read('SELECT seq FROM telltale.events ORDER BY seq', {})
    expect(bytes.toString()).toBe('1\n2\n4\n')
  } finally {
    await flush.stop()
    await other.close()
    await engine.stop()
  }
}, 120_000)
