import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { embedded } from '../engine/embedded.ts'
import { batch, filesNamed, handedOver, path, starting } from '../testing/lives.ts'

test.each([
  ['empty', (content: string) => content.slice(0, 0)],
  ['cut short', (content: string) => content.slice(0, 80)],
  ['full of zeros', (content: string) => '\0'.repeat(content.length)],
])("the table's definition %s after a power cut: it is rewritten, and all is there", async (_, broken) => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.stop()
  const [definition] = await filesNamed(join(path, 'history', 'data', 'store'), /events\.sql$/)
  await writeFile(definition!, broken(await readFile(definition!, 'utf8')))
  const said: string[] = []
  const two = await starting({ log: line => said.push(line) })
  await two.append(batch(1))
  await two.flush()
  expect(await two.count()).toBe(6)
  expect(said.join()).toMatch(/definitions of tables were broken and are mended: data\/store\/.*events\.sql/)
})

const COPY = () => join(path, 'history', 'metadata.json')

test.each<[string, (file: string) => Promise<void>]>([
  [
    "the table's definition garbage as long as it was",
    async file => writeFile(file, 'x'.repeat((await stat(file)).size)),
  ],
  ['… longer, and ended by a newline', async file => writeFile(file, `CREATE NONSENSE \0 ${'x'.repeat(5000)}\n`)],
  ['… and gone', file => rm(file)],
  ['the copy of the definitions empty', async () => writeFile(COPY(), '')],
  ['… garbage', async () => writeFile(COPY(), '[null, {"a":')],
  ['… no object of texts', async () => writeFile(COPY(), '{"a":1}')],
  ['… and gone', () => rm(COPY())],
])('scar: %s: it comes up by itself, all is there, and the copy is whole again', async (_, spoil) => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.stop()
  const [definition] = await filesNamed(join(path, 'history', 'data', 'store'), /events\.sql$/)
  const [copy, before] = [JSON.parse(await readFile(COPY(), 'utf8')), await readFile(definition!, 'utf8')]
  await spoil(definition!)
  const two = await starting()
  expect(two.status.engine).toEqual({ kind: 'ready' })
  await two.append(batch(1))
  await two.flush()
  expect([await two.count(), two.status.lost]).toEqual([6, 0])
  await two.stop()
  expect(await readFile(definition!, 'utf8')).toBe(before)
  expect(JSON.parse(await readFile(COPY(), 'utf8'))).toEqual(copy)
})

test('scar: a definition that was never whole, and of which there is no copy, is put aside where the engine does not look: it comes up', async () => {
  const one = await starting()
  await one.append(batch(5))
  await one.flush()
  await one.stop()
  const [definition] = await filesNamed(join(path, 'history', 'data', 'store'), /fields\.sql$/)
  await writeFile(definition!, '')
  const copy = JSON.parse(await readFile(COPY(), 'utf8')) as Record<string, string>
  const whole = Object.entries(copy).filter(([name]) => !name.endsWith('fields.sql'))
  await writeFile(COPY(), JSON.stringify(Object.fromEntries(whole)))
  const two = await starting()
  await two.append(batch(5))
  await handedOver(two, 10, 20_000)
  expect([await two.count(), await readdir(join(path, 'history'))]).toEqual([
    10,
    expect.arrayContaining(['fields.sql.broken']),
  ])
}, 60_000)

/** A history whose engine's definition of a table is spoilt once, as it is written by a statement. */
async function spoilingDefinition(statement: RegExp, table: RegExp, said: string[]) {
  const engine = embedded({ path: join(path, 'history'), log: line => said.push(line) })
  const { command } = engine
  let spoilt = false
  engine.command = async sql => {
    if (spoilt || !statement.test(sql)) return command.call(engine, sql)
    spoilt = true
    // It is written, with a statement of no consequence in between: what the next one finds on disk counts.
    await command.call(engine, sql)
    const [definition] = await filesNamed(join(path, 'history', 'data', 'store'), table)
    await writeFile(definition!, '')
    await command.call(engine, 'SELECT 1')
  }
  return starting({ engine, log: line => said.push(line) })
}

test.each([
  ['made', /CREATE TABLE IF NOT EXISTS telltale\.fields/, /fields\.sql$/],
  ['made', /CREATE TABLE IF NOT EXISTS telltale\.events/, /events\.sql$/],
  ['changed', /MODIFY TTL/, /events\.sql$/],
])(
  'scar: a definition that a failing disk left empty when its table was %s is no copy to keep: the engine comes up again, and all is there',
  async (_, statement, table) => {
    const first = await starting({ keep: '30d' })
    await first.append(batch(5))
    await first.flush()
    await first.stop()
    if (!statement.source.includes('TTL')) await rm(path, { recursive: true })
    const said: string[] = []
    const one = await spoilingDefinition(statement, table, said)
    await one.keep('60d').catch(() => {})
    await expect.poll(() => said.join(), { timeout: 10_000 }).toContain('the disk left definitions of tables unwritten')
    await one.append(batch(5))
    await handedOver(one, one.journal.lastSeq, 20_000)
    await one.stop()
    const two = await starting()
    expect([await two.count(), two.journal.lastSeq]).toEqual([
      two.journal.lastSeq,
      statement.source.includes('TTL') ? 10 : 5,
    ])
  },
)
