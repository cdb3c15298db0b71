import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { randomCase } from '@telltale/query/conformance'
import { standing } from '@telltale/standing'
import { readSnapshot, writeSnapshot } from '../../packages/server/src/snapshot.ts'
import { mutated } from '../mutate.ts'
import { must, type Target } from '../target.ts'

const folder = mkdtempSync(join(tmpdir(), 'telltale-fuzz-snapshot-'))
const path = join(folder, 'snapshot.jsonl')
let whole: Buffer | undefined
/** The queries in it. */
let before = ''

async function written(): Promise<Buffer> {
  const clock = new SimulatedClock(200_000)
  const all = standing({ clock })
  for (const [name, text] of Object.entries({
    a: '* | count() by s',
    b: '* | p99(x), uniq(s), top(y) over 1m',
    c: '* | last(x)',
  }))
    all.stand(name, text)
  const { batch } = batchOf(randomCase(3, 60).events as EventInput[], { hostname: 'h', receivedAt: 0, trusted: true })
  batch.seq = 1
  batch.collector = 'c'
  all.update(batch)
  async function* queries(): AsyncGenerator<string> {
    for (const query of all.save().queries) yield JSON.stringify(query)
  }
  await writeSnapshot(path, 'c', queries())
  before = JSON.stringify(await readSnapshot(path, 'c', 1e6))
  return readFileSync(path)
}

/** The file in which standing queries survive a restart. */
export const snapshot: Target = {
  name: 'snapshot',
  about: 'a snapshot of standing queries with other bytes: it is what was written, or is refused with a reason',
  few: 200,
  make: random => (whole === undefined ? Buffer.from(String(random.below(9))) : mutated(random, whole, 3)),
  async open() {
    whole = await written()
  },
  async run(input) {
    whole ??= await written()
    writeFileSync(path, input)
    let queries: unknown[]
    try {
      queries = await readSnapshot(path, 'c', 1e6)
    } catch (error) {
      must(/^it /.test((error as Error).message), () => `refused with ${(error as Error).stack}`)
      return
    }
    must(queries.length === 0 || JSON.stringify(queries) === before, () => 'a damaged snapshot was believed')
  },
  async close() {
    await rm(folder, { recursive: true, force: true })
  },
}
