import { mkdtempSync } from 'node:fs'
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchOf, type EventInput, writeLines } from '@telltale/event'
import { randomCase } from '@telltale/query/conformance'
import { read } from '../../packages/history/src/journal/read.ts'
import { recover } from '../../packages/history/src/journal/recover.ts'
import { mutated } from '../mutate.ts'
import { must, type Target } from '../target.ts'

const folder = mkdtempSync(join(tmpdir(), 'telltale-fuzz-journal-'))
const path = join(folder, 'c-0000000000000001.jsonl.open')
let cases = 0

function lines(seed: number): Buffer {
  const { events } = randomCase(seed, 12)
  const { batch } = batchOf(events as EventInput[], { hostname: 'h', receivedAt: 0, trusted: true })
  batch.seq = 1
  batch.collector = 'c'
  return writeLines(batch)
}

async function seqs(file: string): Promise<{ found: number[]; why?: string }> {
  const found: number[] = []
  try {
    for await (const batch of read({ path: file, collector: 'c', bytes: Number.POSITIVE_INFINITY }))
      for (let row = 0; row < batch.length; row++) found.push(batch.event(row).seq!)
    return { found }
  } catch (error) {
    return { found, why: (error as Error).message }
  }
}

/** Four bytes are the seed of what was written; the rest is what the disk says now. */
export const journal: Target = {
  name: 'journal',
  about:
    'a segment of the journal, torn or with other bytes: the whole lines before the damage come back, and nothing crashes',
  few: 60,
  make(random) {
    const seed = Buffer.alloc(4)
    seed.writeInt32LE(1 + random.below(1000))
    const whole = lines(seed.readInt32LE(0))
    const damaged = random.chance(0.4) ? whole.subarray(0, random.below(whole.length + 1)) : mutated(random, whole, 2)
    return Buffer.concat([seed, damaged])
  },
  async run(input) {
    if (input.length < 4) return
    cases++
    const bytes = input.subarray(4)
    const whole = lines(input.readInt32LE(0))
    let same = 0
    while (same < bytes.length && bytes[same] === whole[same]) same++
    const good = whole.subarray(0, same).toString('latin1').split('\n').length - 1
    const sealed = join(folder, `${cases}.jsonl`)
    await writeFile(path, bytes)
    await copyFile(path, sealed)
    const { found, why } = await seqs(sealed)
    await rm(sealed)
    must(found.length >= good, () => `${good} whole lines before the damage, ${found.length} came back: ${why}`)
    must(why !== undefined || found.slice(0, good).every((seq, i) => seq === i + 1), () => `came back as ${found}`)
    let recovered: Awaited<ReturnType<typeof recover>> | undefined
    try {
      recovered = await recover(path, 'c', 1)
    } catch (error) {
      const { message } = error as Error
      must(/does not begin with an event|seq/.test(message), () => `recovering fails: ${(error as Error).stack}`)
    }
    if (recovered?.segment !== undefined) {
      const after = (await readFile(recovered.segment.path)).subarray(0, same)
      must(whole.subarray(0, same).subarray(0, after.length).equals(after), () => 'other bytes than those written')
    }
    await rm(recovered?.segment?.path ?? path, { force: true })
    await rm(path.replace('.open', '.torn'), { force: true })
  },
  async close() {
    await rm(folder, { recursive: true, force: true })
  },
}
