import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from '@telltale/query'
import { expect, test } from 'vitest'
import { embedded } from './engine/embedded.ts'
import { batch, filesNamed, handedOver, path, starting } from './testing/lives.ts'

const FIELDS = /all_\d[^/]*\/(columns\.txt|data\.bin)$/

test.each<[string, () => Promise<void>]>([
  ['is damaged so that the engine lets go of it', () => spoilAll(/all_\d[^/]*\/columns\.txt$/, () => 'nonsense')],
  ['has other bytes than were written', () => spoilAll(FIELDS, bytes => bytes.map(byte => byte ^ 64))],
  ['is cut short', () => spoilAll(FIELDS, bytes => bytes.subarray(0, bytes.length >> 1))],
  ['has gone', () => removeAll(/all_\d[^/]*$/)],
])(
  'scar: where the list of fields %s, none is taken to be in no event, and it is made anew from the events without a hand',
  async (_, spoil) => {
    const one = await starting()
    await one.append(batch(5))
    await one.flush()
    await one.stop()
    await spoil()
    const two = await starting()
    const { query } = parse('i >= 2 | count()')
    const counted = async () => {
      const answer = await two.partial(query!, { from: 0, to: 9e12 })
      return answer.kind === 'groups' && [...answer.groups.values()][0]!.states[0]
    }
    expect(await counted()).toBe(3)
    await expect.poll(() => [...two.fields.keys()], { timeout: 10_000 }).toContain('i')
    await two.append(batch(5))
    await two.flush()
    expect(await counted()).toBe(6)
    await two.stop()
    const three = await starting()
    expect([three.fields, await three.count()]).toEqual([new Map([['i', new Set(['Int64'])]]), 10])
  },
)

test('scar: a list of fields is made anew while merges are stopped, as on a nearly full disk: what comes in does not wait for it', async () => {
  const engine = embedded({ path: join(path, 'history') })
  const one = await starting({ engine })
  await one.append(batch(5))
  await one.flush()
  await engine.command("INSERT INTO telltale.fields VALUES ('', '*')") // it does not say all, as an earlier life found
  await one.stop()
  const { start, command } = engine
  let counted = false
  engine.command = sql => {
    counted ||= sql.includes('telltale.fields DELETE')
    return command.call(engine, sql)
  }
  engine.start = async () => {
    await start.call(engine)
    await engine.command('SYSTEM STOP MERGES')
  }
  const two = await starting({ engine })
  await expect.poll(() => counted, { timeout: 10_000 }).toBe(true)
  await two.append(batch(5))
  await handedOver(two, 10, 10_000)
  expect(await two.count()).toBe(10)
}, 40_000)

async function spoilAll(wanted: RegExp, spoil: (bytes: Buffer) => Uint8Array | string): Promise<void> {
  const files = await filesNamed(join(path, 'history', 'data', 'store'), wanted)
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) await writeFile(file, spoil(await readFile(file)))
}

async function removeAll(wanted: RegExp): Promise<void> {
  const folders = await filesNamed(join(path, 'history', 'data', 'store'), wanted)
  expect(folders.length).toBeGreaterThan(0)
  for (const folder of folders) await rm(folder, { recursive: true })
}
