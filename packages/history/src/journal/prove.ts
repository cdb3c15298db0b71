import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../lasting.ts'
import { seqAt } from './read.ts'
import type { Segment } from './segment.ts'
import { setAside } from './set-aside.ts'
import { isSums, type Sums, sumsLine, sumsOf, viewOf, xxh32 } from './sums.ts'

/** What of a segment was damaged on disk. */
export interface Damage {
  readonly segment: Segment
  /** How many events are gone. */
  readonly events: number
  /** What stands in their places; kept in `refused/`. None where the file just ends before them. */
  readonly lines: readonly Buffer[]
}

const CHUNK = 1 << 20
const NEWLINE = 10
/** Bytes of lines without sums from which on none are expected: what is left is taken as it is. */
const MOST = 64 << 20

/**
 * Compares every line of a segment with the sum that was written with it, and its last event with its name. Where some
 * differ or are not there the segment is written anew without them. Events without sums (of an earlier version, or behind
 * the last sums a crash left) stay as they are; what is neither an event nor sums was one of them.
 * @returns what was damaged; undefined where nothing was
 */
export async function prove(segment: Segment): Promise<Damage | undefined> {
  const proof = new Proof(segment.firstSeq)
  const source = await open(segment.path, 'r')
  try {
    for await (const lines of linesOf(source)) for (const line of lines) proof.line(line)
  } finally {
    await source.close()
  }
  proof.end(segment.lastSeq)
  if (proof.damaged.length === 0 && proof.missing === 0) return undefined
  if (proof.damaged.length > 0) await setAside(segment, proof.damaged)
  await rewrite(segment, proof)
  return { segment, events: proof.missing, lines: proof.damaged }
}

/**
 * The same lines again, those left out that were found damaged, and all sums: they would speak of what is not there. Behind
 * them sums of no event say that what lacks before them was told.
 */
async function rewrite({ path, lastSeq }: Segment, { good }: Proof): Promise<void> {
  const source = await open(path, 'r')
  const target = await open(`${path}.proven`, 'w')
  try {
    let at = 0
    for await (const lines of linesOf(source))
      await target.writeFile(Buffer.concat(lines.filter(() => good[at++] === true).map(ended)))
    await target.writeFile(sumsLine([], lastSeq + 1, 0))
    await target.datasync()
  } finally {
    await source.close()
    await target.close()
  }
  await rename(`${path}.proven`, path)
  await syncFolder(dirname(path))
}

/** A file that was cut short may end just before a newline. */
function ended(line: Buffer): Buffer {
  return line.at(-1) === NEWLINE ? line : Buffer.concat([line, Buffer.of(NEWLINE)])
}

class Proof {
  /** Per line of the file: whether it stays. */
  readonly good: boolean[] = []
  readonly damaged: Buffer[] = []
  missing = 0
  #pending: { line: Buffer; index: number }[] = []
  #bytes = 0
  /** The last seq that sums spoke of. */
  #last: number
  #ended = false

  constructor(firstSeq: number) {
    this.#last = firstSeq - 1
  }

  line(line: Buffer): void {
    const isEvent = !isSums(line, 0)
    const index = this.good.push(this.#ended && isEvent && seqAt(line, 0) >= 0) - 1
    if (this.#ended && isEvent) {
      if (this.good[index] === true) this.#last = Math.max(this.#last, seqAt(line, 0))
      else this.damaged.push(line)
      return
    }
    if (!isEvent) {
      const sums = sumsOf(line)
      if (this.#ended) this.#last = sums === undefined ? this.#last : sums.from + sums.sums.length - 1
      else if (sums === undefined) this.damaged.push(line)
      else this.#settle(sums)
      return
    }
    this.#pending.push({ line, index })
    this.#bytes += line.length
    if (this.#bytes > MOST) this.end()
  }

  /** What is left has no sums. @param lastSeq of all, where these are the last lines: what lacks up to it is missing */
  end(lastSeq = 0): void {
    let spoilt = false
    for (const { line, index } of this.#pending) {
      const seq = seqAt(line, 0)
      if (seq >= 0 && isJson(line)) {
        this.good[index] = true
        if (spoilt) this.missing += Math.max(0, seq - this.#last - 1)
        this.#last = Math.max(this.#last, seq)
        spoilt = false
      } else {
        this.damaged.push(line)
        spoilt = true
      }
    }
    this.missing += Math.max(0, lastSeq - this.#last)
    this.#pending = []
    this.#ended = true
  }

  #settle({ from, sums }: Sums): void {
    if (sums.length === 0) {
      this.#told(from - 1)
      return
    }
    const found = new Uint8Array(sums.length)
    let before = this.#last
    for (const { line, index } of this.#pending) {
      const seq = seqAt(line, 0)
      const at = seq - from
      if (found[at] === 0 && sums[at] === xxh32(viewOf(line), 0, line.length)) {
        found[at] = 1
        this.good[index] = true
      } else if (seq > before && seq < from && isJson(line)) {
        this.good[index] = true // its own sums are destroyed
        this.missing += seq - before - 1
        before = seq
      } else this.damaged.push(line)
    }
    for (const one of found) this.missing += 1 - one
    this.missing += Math.max(0, from - before - 1)
    this.#last = from + sums.length - 1
    this.#pending = []
    this.#bytes = 0
  }

  /** Those lines an earlier life found good, and told what lacks between and behind them. */
  #told(upto: number): void {
    for (const { line, index } of this.#pending) {
      if (seqAt(line, 0) >= 0 && isJson(line)) this.good[index] = true
      else {
        this.damaged.push(line)
        this.missing++
      }
    }
    this.#last = upto
    this.#pending = []
    this.#bytes = 0
  }
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString())
    return true
  } catch {
    return false
  }
}

/** By the chunk, with their newlines; the last may have none. */
async function* linesOf(file: FileHandle): AsyncGenerator<Buffer[]> {
  let rest: Buffer[] = []
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const { bytesRead } = await file.read(chunk, 0, CHUNK, position)
    if (bytesRead === 0) break
    position += bytesRead
    const bytes = chunk.subarray(0, bytesRead)
    const lines: Buffer[] = []
    let at = 0
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, at)) {
      rest.push(bytes.subarray(at, newline + 1))
      lines.push(rest.length > 1 ? Buffer.concat(rest) : rest[0]!)
      rest = []
      at = newline + 1
    }
    if (at < bytes.length) rest.push(bytes.subarray(at))
    yield lines
  }
  if (rest.length > 0) yield [Buffer.concat(rest)]
}
