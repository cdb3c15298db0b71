import type { Batch } from '@telltale/event'
import type { Engine } from './engine/engine.ts'
import type { Journal } from './journal/journal.ts'
import { batchesOf } from './journal/read.ts'
import { text } from './literal.ts'
import { TABLE } from './schema.ts'

/** Events asked of the engine at a time: about 12 MB, so that neither process stops for long. */
const STEP = 32_768

/** A row as the line it was in the journal. */
export const LINE: string = [
  `'{"seq":'`,
  'toString(seq)',
  `',"collector":'`,
  'toJSONString(collector)',
  `',"type":'`,
  'toJSONString(type)',
  `',"hostname":'`,
  'toJSONString(hostname)',
  `',"time":'`,
  'toString(toUnixTimestamp64Micro(time) / 1000)',
  `',"received_at":'`,
  'toString(toUnixTimestamp64Micro(received_at) / 1000)',
  `',"tags":'`,
  'toJSONString(tags)',
  `',"md5":'`,
  'toJSONString(md5)',
  `',"additional_info":'`,
  'raw',
  `'}'`,
].join(', ')

/** The n newest events by seq, oldest first; at or below the mark from the engine, above it from the journal. */
export async function* latest(engine: Engine, journal: Journal, flushedSeq: number, n: number): AsyncGenerator<Batch> {
  const after = Math.max(0, journal.lastSeq - n)
  if (engine.state.kind === 'ready') {
    for (let from = after + 1; from <= flushedSeq; from += STEP) {
      const to = Math.min(flushedSeq, from + STEP - 1)
      const { bytes } = await engine.read(
        `SELECT concat(${LINE}) FROM ${TABLE} WHERE collector = ${text(journal.collector)} AND seq BETWEEN ${from} AND ${to} ORDER BY seq`,
      )
      if (bytes.length > 0) yield* batchesOf(bytes, journal.collector)
    }
  }
  for (const segment of [...journal.sealed]) {
    if (segment.collector !== journal.collector || segment.lastSeq <= Math.max(after, flushedSeq)) continue
    for await (const batch of journal.read(segment)) if (batch.seq > flushedSeq) yield batch
  }
}
