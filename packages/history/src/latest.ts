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

/**
 * The n newest events by seq, oldest first; at or below the mark from the engine, above it from the journal. The mark may
 * move meanwhile: what leaves the journal before it is read is asked of the engine.
 */
export async function* latest(
  engine: Engine,
  journal: Journal,
  flushedSeq: () => number,
  n: number,
): AsyncGenerator<Batch> {
  let at = Math.max(0, journal.lastSeq - n)
  for (;;) {
    const mark = flushedSeq()
    if (engine.state.kind === 'ready')
      for (; at < mark; at = Math.min(mark, at + STEP))
        yield* between(engine, journal.collector, at, Math.min(mark, at + STEP))
    const segment = journal.sealed.find(
      ({ collector, lastSeq }) => collector === journal.collector && lastSeq > Math.max(at, mark),
    )
    if (segment === undefined) {
      if (flushedSeq() === mark) return
      continue
    }
    try {
      for await (const batch of journal.read(segment)) if (batch.seq > at) yield batch
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      continue
    }
    at = segment.lastSeq
  }
}

/** The events above one seq up to another that the engine holds, rising. */
export async function* stored(engine: Engine, collector: string, after: number, upto: number): AsyncGenerator<Batch> {
  for (let at = after; at < upto; at += STEP) yield* between(engine, collector, at, Math.min(upto, at + STEP))
}

async function* between(engine: Engine, collector: string, after: number, upto: number): AsyncGenerator<Batch> {
  const { bytes } = await engine.read(
    `SELECT concat(${LINE}) FROM ${TABLE} WHERE collector = ${text(collector)} AND seq BETWEEN ${after + 1} AND ${upto} ORDER BY seq`,
  )
  if (bytes.length > 0) yield* batchesOf(bytes, collector)
}
