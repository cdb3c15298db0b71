import { open } from 'node:fs/promises'
import { type Batch, type Bounds, scan } from '@telltale/event'
import type { Segment } from './segment.ts'

/** What was journaled had been checked; it is not measured again. */
const UNBOUNDED: Bounds = { line: Infinity, depth: Infinity, keys: Infinity, tags: Infinity }
const CHUNK = 1 << 20
const NEWLINE = 10

/** The events of a segment as batches, in order. */
export async function* read(segment: Pick<Segment, 'path' | 'collector'>): AsyncGenerator<Batch> {
  const file = await open(segment.path, 'r')
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const bytes = Buffer.allocUnsafe(CHUNK)
      const { bytesRead } = await file.read(bytes, 0, CHUNK)
      if (bytesRead === 0) break
      const all = rest.length > 0 ? Buffer.concat([rest, bytes.subarray(0, bytesRead)]) : bytes.subarray(0, bytesRead)
      const end = all.lastIndexOf(NEWLINE) + 1
      if (end > 0) yield* batchesOf(all.subarray(0, end), segment.collector)
      rest = all.subarray(end)
    }
    if (rest.length > 0) yield* batchesOf(rest, segment.collector)
  } finally {
    await file.close()
  }
}

/** Lines as the journal writes them, back as batches with their seq. Usually one; more where seq has gaps. */
export function* batchesOf(lines: Buffer, collector: string): Generator<Batch> {
  const runs = contiguous(lines)
  for (const { bytes, seq } of runs) {
    const { batch, problems } = scan(bytes, { hostname: '', receivedAt: 0, trusted: true }, UNBOUNDED)
    if (problems.length > 0) throw new Error(`BUG: a journaled event can't be read again: ${problems[0]!.reason}`)
    if (batch.length === 0) continue
    batch.seq = seq
    batch.collector = collector
    yield batch
  }
}

const SEQ = Buffer.from('{"seq":')

/** Splits lines wherever seq does not rise by one. */
function contiguous(lines: Buffer): { bytes: Buffer; seq: number }[] {
  const runs: { bytes: Buffer; seq: number }[] = []
  let start = 0
  let first = 0
  let expected = -1
  for (let at = 0; at < lines.length; ) {
    const seq = seqAt(lines, at)
    if (seq !== expected) {
      if (at > start) runs.push({ bytes: lines.subarray(start, at), seq: first })
      start = at
      first = seq
    }
    expected = seq + 1
    const end = lines.indexOf(NEWLINE, at)
    at = end < 0 ? lines.length : end + 1
  }
  if (lines.length > start) runs.push({ bytes: lines.subarray(start), seq: first })
  return runs
}

function seqAt(lines: Buffer, at: number): number {
  if (lines.compare(SEQ, 0, SEQ.length, at, at + SEQ.length) !== 0)
    throw new Error(`BUG: a journaled event without seq: ${lines.toString('utf8', at, at + 80)}`)
  let seq = 0
  for (let i = at + SEQ.length; lines[i]! >= 48 && lines[i]! <= 57; i++) seq = seq * 10 + lines[i]! - 48
  return seq
}
