import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A sealed file of the journal: whole events as JSON lines, seq contiguous and rising. It never changes again. */
export interface Segment {
  /** File name: collector, first and last seq. Unique for ever. */
  readonly name: string
  readonly path: string
  readonly collector: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly events: number
  readonly bytes: number
}

const SEALED = /^([A-Za-z0-9_-]{1,64})-(\d{16})-(\d{16})\.jsonl$/
const OPEN = /^([A-Za-z0-9_-]{1,64})-(\d{16})\.jsonl\.open$/

/** What a collector may be called: it is part of file names. */
export const COLLECTOR: RegExp = /^[A-Za-z0-9_-]{1,64}$/

export function openName(collector: string, firstSeq: number): string {
  return `${collector}-${digits(firstSeq)}.jsonl.open`
}

export function segmentOf(dir: string, collector: string, firstSeq: number, lastSeq: number, bytes: number): Segment {
  const name = `${collector}-${digits(firstSeq)}-${digits(lastSeq)}.jsonl`
  return { name, path: join(dir, name), collector, firstSeq, lastSeq, events: lastSeq - firstSeq + 1, bytes }
}

/** All segments of a folder, sealed ones in order of collector and seq. */
export async function list(
  dir: string,
): Promise<{ sealed: Segment[]; open: { path: string; collector: string; firstSeq: number }[] }> {
  const sealed: Segment[] = []
  const open: { path: string; collector: string; firstSeq: number }[] = []
  for (const name of (await readdir(dir)).sort()) {
    const closed = SEALED.exec(name)
    if (closed !== null) {
      const { size } = await stat(join(dir, name))
      sealed.push(segmentOf(dir, closed[1]!, Number(closed[2]), Number(closed[3]), size))
    }
    const unsealed = OPEN.exec(name)
    if (unsealed !== null) open.push({ path: join(dir, name), collector: unsealed[1]!, firstSeq: Number(unsealed[2]) })
  }
  return { sealed, open }
}

function digits(seq: number): string {
  return String(seq).padStart(16, '0')
}
