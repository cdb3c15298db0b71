import { open } from 'node:fs/promises'
import { type Batch, type Bounds, scan } from '@telltale/event'
import type { Segment } from './segment.ts'
import { isSums } from './sums.ts'

/** What was journaled had been checked; it is not measured again. */
const UNBOUNDED: Bounds = { line: Infinity, depth: Infinity, keys: Infinity, tags: Infinity }
const CHUNK = 1 << 20
const NEWLINE = 10

/** The events of a segment as batches, in order. Of one that is still written to, those that were there when it was described. */
export async function* read(segment: Pick<Segment, 'path' | 'collector' | 'bytes'>): AsyncGenerator<Batch> {
  const file = await open(segment.path, 'r')
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (let left = segment.bytes; left > 0; ) {
      const bytes = Buffer.allocUnsafe(Math.min(CHUNK, left))
      const { bytesRead } = await file.read(bytes, 0, bytes.length)
      if (bytesRead === 0) break
      left -= bytesRead
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

/**
 * Lines as the journal writes them, back as batches with their seq. Usually one; more where seq has gaps. A line that a
 * disk or a power cut has spoilt is passed over: the history sets it aside when it is given the segment.
 */
export function* batchesOf(lines: Buffer, collector: string): Generator<Batch> {
  for (const run of contiguous(lines)) yield* batchOf(run, collector)
}

function* batchOf({ bytes, seq }: Run, collector: string): Generator<Batch> {
  const { batch, problems } = scan(bytes, { hostname: '', receivedAt: 0, trusted: true }, UNBOUNDED)
  if (problems.length === 0 && batch.length > 0) {
    batch.seq = seq
    batch.collector = collector
    yield batch
    return
  }
  if (bytes.subarray(0, -1).indexOf(NEWLINE) < 0) return // one line, and it is spoilt
  for (let at = 0, own = seq; at < bytes.length; own++) {
    const newline = bytes.indexOf(NEWLINE, at)
    const end = newline < 0 ? bytes.length : newline + 1
    yield* batchOf({ bytes: bytes.subarray(at, end), seq: own }, collector)
    at = end
  }
}

interface Run {
  bytes: Buffer
  seq: number
}

const SEQ = Buffer.from('{"seq":')

/** Splits lines wherever seq does not rise by one; leaves out those without, those whose seq does not rise, and sums. */
function contiguous(lines: Buffer): Run[] {
  const runs: Run[] = []
  let pieces: Buffer[] = []
  let start = 0
  let first = 0
  let expected = -1
  let highest = -1
  const piece = (at: number): void => {
    if (at > start && expected >= 0) pieces.push(lines.subarray(start, at))
  }
  const close = (at: number): void => {
    piece(at)
    if (pieces.length > 0) runs.push({ bytes: pieces.length > 1 ? Buffer.concat(pieces) : pieces[0]!, seq: first })
    pieces = []
  }
  for (let at = 0; at < lines.length; ) {
    const newline = lines.indexOf(NEWLINE, at)
    const end = newline < 0 ? lines.length : newline + 1
    if (isSums(lines, at)) {
      piece(at)
      start = at = end
      continue
    }
    const seq = seqAt(lines, at)
    if (seq !== expected || seq <= highest) {
      close(at)
      start = at
      first = seq
    }
    expected = seq > highest ? seq + 1 : -1
    highest = Math.max(highest, seq)
    at = end
  }
  close(lines.length)
  return runs
}

/** -1 where the line has none. */
export function seqAt(lines: Buffer, at: number): number {
  if (lines.compare(SEQ, 0, SEQ.length, at, Math.min(at + SEQ.length, lines.length)) !== 0) return -1
  let seq = 0
  for (let i = at + SEQ.length; lines[i]! >= 48 && lines[i]! <= 57; i++) seq = seq * 10 + lines[i]! - 48
  return seq
}
