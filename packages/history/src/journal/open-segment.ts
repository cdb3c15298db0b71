import { type FileHandle, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { openName, type Segment, segmentOf } from './segment.ts'

/** The segment being written. `bytes` and `lastSeq` count whole, written events only. */
export class OpenSegment {
  bytes = 0
  lastSeq: number
  /** Something was written since the last sync. */
  dirty = false
  /** Set once it is sealed. */
  sealedAs: Segment | undefined
  readonly #dir: string
  readonly #collector: string
  readonly #firstSeq: number
  readonly #path: string
  readonly #file: FileHandle
  /** Set while bytes of a failed write may stand behind `bytes`. */
  #torn = false

  private constructor(dir: string, collector: string, firstSeq: number, path: string, file: FileHandle) {
    this.#dir = dir
    this.#collector = collector
    this.#firstSeq = firstSeq
    this.#path = path
    this.#file = file
    this.lastSeq = firstSeq - 1
  }

  static async create(dir: string, collector: string, firstSeq: number): Promise<OpenSegment> {
    const path = join(dir, openName(collector, firstSeq))
    return new OpenSegment(dir, collector, firstSeq, path, await open(path, 'w'))
  }

  /** Writes (and syncs) all of it or nothing: what a failed write left is cut off again. */
  async write(buffers: Buffer[], lastSeq: number, sync: boolean): Promise<void> {
    const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    try {
      this.#torn = true
      let rest = buffers
      for (let done = 0; done < total; ) {
        const { bytesWritten } = await this.#file.writev(rest, this.bytes + done)
        done += bytesWritten
        rest = behind(rest, bytesWritten)
      }
      if (sync) await this.#file.datasync()
      this.#torn = false
    } catch (error) {
      await this.mend().catch(() => {})
      throw error
    }
    this.bytes += total
    this.lastSeq = lastSeq
    this.dirty ||= !sync
  }

  /** Cuts off what a failed write left. */
  async mend(): Promise<void> {
    if (!this.#torn || this.sealedAs !== undefined) return
    await this.#file.truncate(this.bytes)
    this.#torn = false
  }

  async sync(): Promise<void> {
    if (!this.dirty) return
    this.dirty = false
    try {
      await this.#file.datasync()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EBADF' && this.sealedAs !== undefined) return
      this.dirty = true
      throw error
    }
  }

  async seal(): Promise<Segment> {
    const segment = segmentOf(this.#dir, this.#collector, this.#firstSeq, this.lastSeq, this.bytes)
    await rename(this.#path, segment.path)
    this.sealedAs = segment
    await this.#file.close()
    return segment
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** What is left of buffers once so many bytes are written. */
function behind(buffers: Buffer[], written: number): Buffer[] {
  let skip = written
  const rest: Buffer[] = []
  for (const buffer of buffers) {
    if (skip >= buffer.length) skip -= buffer.length
    else {
      rest.push(skip > 0 ? buffer.subarray(skip) : buffer)
      skip = 0
    }
  }
  return rest
}
