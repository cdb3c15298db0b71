import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchOf } from '@telltale/event'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { handedOver, NOW, path, spoilingFirst, starting } from './testing/lives.ts'
import { lacking } from './whole.ts'

/** More paths than the engine gives columns of their own, so that its lists are long. */
const wide = batchOf(
  Array.from({ length: 20 }, (_, i) => ({
    type: 't',
    time: NOW,
    ...Object.fromEntries(Array.from({ length: 90 }, (_, path) => [`path${path}`, i % 2 ? path : `${path}`])),
  })),
  { hostname: 'h', receivedAt: NOW },
).batch

test('every file of a real part, cut short anywhere or emptied, is noticed and named; whole parts are whole', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  await one.append(wide)
  await one.flush()
  const { bytes } = await engine.read(
    "SELECT path, toFloat64(bytes_on_disk) FROM system.parts WHERE active AND table = 'events'",
    { format: 'JSONCompactEachRow' },
  )
  const [part, written] = JSON.parse(bytes.toString()) as [string, number]
  expect(await lacking(part, written)).toBeUndefined()
  const names = await readdir(part)
  expect(names).toContain('columns_substreams.txt')
  const unnoticed: string[] = []
  for (const name of names) {
    const file = join(part, name)
    const whole = await readFile(file)
    const ends = new Set([0, 1, whole.length >> 1, whole.length - 9, whole.length - 1])
    for (let i = 1; i < 40; i++) ends.add(Math.floor((whole.length * i) / 40))
    for (const end of ends) {
      if (end < 0 || end >= whole.length) continue
      await writeFile(file, whole.subarray(0, end))
      const lack = await lacking(part, written)
      if (lack === undefined) unnoticed.push(`${name} of ${whole.length} bytes cut to ${end}`)
    }
    await writeFile(file, whole)
  }
  expect(unnoticed).toEqual([])
  expect(await lacking(part, written)).toBeUndefined()
  expect(await lacking(join(part, 'gone'), 1)).toBeUndefined()
})

test('scar: an insert that the engine calls done though the disk cut its list of substreams short is done again before its segment goes', async () => {
  const engine = spoilingFirst(/20261120_[^/]*\/columns_substreams\.txt$/, async list =>
    writeFile(list, (await readFile(list)).subarray(0, (await stat(list)).size >> 1)),
  )
  const said: string[] = []
  const one = await starting({ engine, log: line => said.push(line) })
  await one.append(wide)
  await handedOver(one, wide.length, 10_000)
  expect(said.join()).toContain('the disk left columns_substreams.txt of part 20261120_1_1_0 unwritten')
  await one.stop()
  const two = await starting()
  expect([await two.count(), two.status.detached]).toEqual([wide.length, []])
})
