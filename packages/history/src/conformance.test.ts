import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, type Event, writeLines } from '@telltale/event'
import { finish } from '@telltale/query'
import { type Case, readScript, runCase } from '@telltale/query/conformance'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from './ask.ts'
import { embedded } from './engine/embedded.ts'
import type { Engine } from './engine/engine.ts'
import { Fields } from './fields.ts'
import { mend } from './mend.ts'
import { insertSql, migrate, STRUCTURE, TABLE } from './schema.ts'

const FOLDER = new URL('../../../conformance/', import.meta.url)

let path: string
let engine: Engine
let fields: Fields
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'conformance-'))
  engine = embedded({ path: join(path, 'history') })
  await engine.start()
  await migrate(engine)
  fields = new Fields(engine)
  await fields.open()
})
afterAll(async () => {
  await engine.stop()
  await rm(path, { recursive: true, force: true })
})

let held: readonly Event[] | undefined

/** Makes these all the events there are. Cases of one script share the same array. */
async function hold(events: readonly Event[]): Promise<void> {
  if (held === events) return
  await engine.command(`TRUNCATE TABLE ${TABLE}`)
  const { batch, problems } = batchOf(
    events.map(({ seq, collector, received_at, ...event }) => ({ ...event, time: 1e12 })),
    { hostname: '', receivedAt: 1e12 },
  )
  expect(problems).toEqual([])
  for (const [row, { time, received_at }] of events.entries()) {
    batch.time[row] = time
    batch.receivedAt[row] = received_at
  }
  batch.seq = 1
  batch.collector = 'c1'
  const file = join(path, 'segment.jsonl')
  await writeFile(`${file}.written`, writeLines(batch))
  await mend(`${file}.written`, file)
  await engine.load({ files: [file], sql: insertSql, structure: STRUCTURE })
  await fields.learn({ collector: 'c1', firstSeq: 1, lastSeq: events.length })
  held = events
}

async function fromHistory(one: Case): Promise<string | undefined> {
  await hold(one.events)
  return runCase(async (_, query, scope) => finish(query, await ask(engine, fields, 'c1', query, scope), scope), one)
}

for (const file of (await readdir(FOLDER)).filter(name => name.endsWith('.test'))) {
  const { cases } = readScript(await readFile(new URL(file, FOLDER), 'utf8'))
  describe.skipIf(cases.length === 0)(file, () => {
    for (const one of cases)
      test.skipIf(one.skip.has('history'))(`line ${one.line}: ${one.name}`, async () => {
        expect(await fromHistory(one)).toBeUndefined()
      })
    if (cases.length === 0) test('has errors only, which no evaluator sees', () => {})
  })
}
