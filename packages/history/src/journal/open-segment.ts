import { type FileHandle, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { openName, type Segment, segmentOf } from './segment.ts'

const REWRITE = 1 << 20

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
  #syncing: Promise<void> | undefined
  /** Set once a sync failed: the system may take what it could not write for written, and not try again. */
  #doubtful = false

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
    return new OpenSegment(dir, collector, firstSeq, path, await open(path, 'w+'))
  }

  /** What is written so far, as a segment to be read: it goes on under the name it gets when it is sealed. */
  view(): Segment {
    const [open, path] = [this, this.#path]
    return {
      ...segmentOf(this.#dir, this.#collector, this.#firstSeq, this.lastSeq, this.bytes),
      get path() {
        return open.sealedAs?.path ?? path
      },
    }
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
      if (sync) await this.#sync()
      this.#torn = false
    } catch (error) {
      await this.mend().catch(() => {})
      throw error
    }
    this.bytes += total
    this.lastSeq = lastSeq
    this.dirty ||= !sync
  }

  /** Cuts off what a failed write left; writes again, from the system's memory, what a failed sync may have left out. */
  async mend(): Promise<void> {
    if (this.sealedAs !== undefined) return
    if (this.#torn) await this.#file.truncate(this.bytes)
    this.#torn = false
    if (!this.#doubtful) return
    const bytes = Buffer.allocUnsafe(REWRITE)
    for (let at = 0; at < this.bytes; ) {
      const { bytesRead } = await this.#file.read(bytes, 0, Math.min(REWRITE, this.bytes - at), at)
      if (bytesRead === 0) break
      for (let done = 0; done < bytesRead; )
        done += (await this.#file.write(bytes, done, bytesRead - done, at + done)).bytesWritten
      at += bytesRead
    }
    await this.#file.datasync()
    this.#doubtful = this.dirty = false
  }

  /**
   * One after another: also waits for those under way, of which the first to wait may begin another. What is sealed and closed
   * must be on disk, and who waits for the second must not be told before the first has ended.
   */
  async sync(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing.catch(() => {})
    if (!this.dirty) return
    this.dirty = false
    this.#syncing = this.#sync().finally(() => {
      this.#syncing = undefined
    })
    try {
      await this.#syncing
    } catch (error) {
      this.dirty = true
      throw error
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.datasync()
    } catch (error) {
      this.#doubtful = true
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
