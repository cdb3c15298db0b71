import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Segment, segmentOf } from './segment.ts'
import { sumsOf } from './sums.ts'

const STEP = 64 * 1024
const NEWLINE = 10

/** What became of a segment a crash left open. */
export interface Recovered {
  /** Undefined where no whole event was in it. */
  segment: Segment | undefined
  /** Bytes cut off and kept beside it in a `.torn` file. */
  torn: number
}

/**
 * Seals a segment that was open when the process died: cut behind the last line that is a whole event. What is cut was
 * never acknowledged; it is kept aside all the same, for a person to look at. What a power cut spoilt before that line
 * stays, for those who read it to pass over.
 * @param firstSeq from the file's name
 */
export async function recover(path: string, collector: string, firstSeq: number): Promise<Recovered> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const { end, lastSeq } = await lastWhole(file, size, firstSeq)
    if (end < size) {
      await keepAside(file, end, size, path.replace(/\.open$/, '.torn'))
      await file.truncate(end)
    }
    if (lastSeq === undefined) {
      await unlink(path)
      return { segment: undefined, torn: size - end }
    }
    await file.datasync() // what came last may be with the system only, and is acknowledged
    const segment = segmentOf(dirname(path), collector, firstSeq, lastSeq, end)
    await rename(path, segment.path)
    return { segment, torn: size - end }
  } finally {
    await file.close()
  }
}

/** The end of the last line that is an event, or the sums of some, of a seq that can be, and the last such seq. */
async function lastWhole(
  file: FileHandle,
  size: number,
  least: number,
): Promise<{ end: number; lastSeq: number | undefined }> {
  let end = await newlineBefore(file, size)
  while (end > 0) {
    const start = await newlineBefore(file, end - 1)
    const line = Buffer.alloc(end - start)
    await file.read(line, 0, line.length, start)
    const lastSeq = seqOf(line)
    if (lastSeq !== undefined && lastSeq >= least) return { end, lastSeq }
    end = start
  }
  return { end: 0, lastSeq: undefined }
}

/** The position just behind the last newline in [0, end), or 0. */
async function newlineBefore(file: FileHandle, end: number): Promise<number> {
  const bytes = Buffer.alloc(STEP)
  for (let to = end; to > 0; ) {
    const from = Math.max(0, to - STEP)
    await file.read(bytes, 0, to - from, from)
    const at = bytes.subarray(0, to - from).lastIndexOf(NEWLINE)
    if (at >= 0) return from + at + 1
    to = from
  }
  return 0
}

/** The seq of a whole event, or of the last that sums speak of; undefined where the line is neither. */
function seqOf(line: Buffer): number | undefined {
  const sums = sumsOf(line)
  if (sums !== undefined) return sums.from + sums.sums.length - 1
  try {
    const seq = (JSON.parse(line.toString('utf8')) as { seq?: unknown } | null)?.seq
    return typeof seq === 'number' ? seq : undefined
  } catch {
    return undefined
  }
}

async function keepAside(file: FileHandle, from: number, to: number, path: string): Promise<void> {
  const aside = await open(path, 'w')
  try {
    const bytes = Buffer.alloc(STEP)
    for (let at = from; at < to; ) {
      const { bytesRead } = await file.read(bytes, 0, Math.min(STEP, to - at), at)
      if (bytesRead === 0) break
      await aside.writeFile(bytes.subarray(0, bytesRead))
      at += bytesRead
    }
  } finally {
    await aside.close()
  }
}
