import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from '@telltale/query'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import type { Engine } from './engine/engine.ts'
import { batch, filesNamed, handedOver, path, starting } from './testing/lives.ts'

/** An engine that counts how many files are offered to the table at a time. */
function counting(offers: number[], failing: (offer: number) => boolean = () => false): Engine {
  const engine = embedded({ path: join(path, 'history') })
  const { load } = engine
  engine.load = async given => {
    if (given.sql('x').includes('INTO telltale.events') && failing(offers.push(given.files.length)))
      throw new Error('not now')
    return load.call(engine, given)
  }
  return engine
}

/** A journal of so many segments of four events, as a program leaves that is killed again and again. */
async function left(segments: number): Promise<string[]> {
  const one = await starting({ engine: counting([], () => true) })
  for (let i = 0; i < segments; i++) {
    await one.append(batch(4))
    await one.journal.seal()
  }
  await one.stop()
  return (await filesNamed(join(path, 'journal'), /\.jsonl$/)).sort()
}

test('small segments go in together', async () => {
  await left(150)
  const offers: number[] = []
  const two = await starting({ engine: counting(offers) })
  const marks: number[] = []
  two.onFlushed(seq => marks.push(seq))
  await handedOver(two, 600, 20_000)
  expect(offers).toEqual([100, 50])
  expect([marks.at(-1), await two.count(), two.journal.sealed]).toEqual([600, 600, []])
  expect((await two.sql('SELECT uniqExact(seq) FROM events')).rows).toEqual([[600]])
})

test('what is wrong with one of them keeps none of the others out: half as many, and twice as many where that went well', async () => {
  const files = await left(40)
  const spoil = async (file: string, from: string, to: string): Promise<void> => {
    await writeFile(file, (await readFile(file, 'latin1')).replace(from, to), 'latin1')
  }
  await spoil(files[7]!, '"i":2', '"i":3')
  // As an older version may have left it, without sums: nothing but the engine sees what is wrong.
  const lines = (await readFile(files[20]!, 'latin1')).split('\n').filter(line => line.includes('"seq"'))
  lines[1] = lines[1]!.replace('"time":', '"time":"none","was":')
  await writeFile(files[20]!, lines.map(line => `${line}\n`).join(''), 'latin1')
  const offers: number[] = []
  const told: string[] = []
  const two = await starting({ engine: counting(offers), onRefused: ({ line }) => told.push(line) })
  await handedOver(two, 160, 30_000)
  expect([await two.count(), two.status.refused, two.status.damaged, told.length]).toEqual([158, 2, 1, 2])
  expect(offers.slice(0, 2)).toEqual([40, 20])
  expect(Math.max(...offers.slice(-3))).toBeGreaterThan(4)
  expect((await two.sql('SELECT uniqExact(seq) FROM events')).rows).toEqual([[158]])
})

test('an engine that fails for a while is offered fewer, and then all of them again', async () => {
  await left(30)
  const offers: number[] = []
  const two = await starting({ engine: counting(offers, offer => offer <= 3) })
  await handedOver(two, 120, 20_000)
  expect(offers).toEqual([30, 15, 7, 3, 6, 12, 9])
  expect(await two.count()).toBe(120)
})

test('what went in though its offer failed counts once the mark is there, not before', async () => {
  await left(4)
  const engine = embedded({ path: join(path, 'history') })
  const { load } = engine
  let offers = 0
  let free = false
  engine.load = async given => {
    if (!given.sql('x').includes('INTO telltale.events')) return load.call(engine, given)
    if (++offers > 2 && !free) throw new Error('not now')
    await load.call(engine, given)
    if (offers === 1) throw new Error('it went away after it had taken all of them')
  }
  const two = await starting({ engine })
  const counted = async (): Promise<unknown> => {
    const partial = await two.partial(parse('* | count()').query!, { from: 0, to: 9e12 })
    return partial.kind === 'groups' && [...partial.groups.values()][0]?.states[0]
  }
  await expect.poll(() => two.flushedSeq, { timeout: 20_000 }).toBe(8)
  expect([await two.count(), await counted()]).toEqual([16, 8])
  free = true
  await handedOver(two, 16, 20_000)
  expect([await two.count(), await counted()]).toEqual([16, 16])
})
