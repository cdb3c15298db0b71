import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { type LineBlocks, LineSplitter } from '@telltale/event'

/** Hands lines over, waiting where it must; each piece is kept once it is journaled. */
export type Take = (lines: LineBlocks) => Promise<readonly { journaled: Promise<void> }[]>

/** How far a file was read: what is remembered of it. */
export interface Mark {
  /** Device and inode: which file it is, whatever its name. */
  file: string
  /** Everything before is journaled. */
  offset: number
  /** Length and MD5 of the file's first bytes: an inode may be used again, and a file be written anew. */
  head: string
}

const CHUNK = 64 * 1024
const HEAD = 256

/** One open file that is read as it grows. */
export class Followed {
  readonly file: string
  /** Looks in a row that found nothing new. */
  quiet = 0
  readonly #handle: FileHandle
  readonly #lines = new LineSplitter()
  #offset: number
  /** Where the line begins whose end has not come. */
  #line: number
  /** The first bytes, as they were when they were read: the file may be another by now. */
  #first: Buffer
  #journaled: number
  /** Resolves once all that was handed over is journaled; rejects where some of it could not be. */
  #promised: Promise<void> = Promise.resolve()
  /** Rises when what was read counts no longer: the file was cut, or the journal failed. */
  #era = 0
  #failed = false

  private constructor(handle: FileHandle, file: string, offset: number, first: Buffer) {
    this.#handle = handle
    this.file = file
    this.#offset = offset
    this.#line = offset
    this.#journaled = offset
    this.#first = first
  }

  /**
   * @param from where to read from: the beginning, after the last whole line, or the mark if it is of this file
   * @throws as open does
   */
  static async open(path: string, from: 'beginning' | 'end' | Mark): Promise<Followed> {
    const handle = await open(path)
    try {
      const stats = await handle.stat({ bigint: true })
      const { dev, ino, size } = stats
      if (stats.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
      const file = `${dev}:${ino}`
      let offset = 0
      if (from === 'end') offset = await afterLastLine(handle, Number(size))
      else if (from !== 'beginning') offset = (await isMarked(handle, file, Number(size), from)) ? from.offset : 0
      return new Followed(handle, file, offset, await firstOf(handle, offset))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  get mark(): Mark {
    return { file: this.file, offset: this.#journaled, head: headOf(this.#first) }
  }

  /** Reads what is new. @param take hands whole lines over and resolves to the moment they are journaled */
  async read(take: Take, stopped: () => boolean): Promise<void> {
    if (this.#failed) this.#goTo(this.#journaled)
    const { size } = await this.#handle.stat()
    if (await this.#wasCut(size)) {
      await this.#take(this.#lines.end(), take)
      this.#goTo(0)
    }
    this.quiet++
    while (this.#offset < size && !stopped()) {
      const chunk = Buffer.allocUnsafeSlow(CHUNK)
      const { bytesRead } = await this.#handle.read(chunk, 0, CHUNK, this.#offset)
      if (bytesRead === 0) break
      this.quiet = 0
      const bytes = chunk.subarray(0, bytesRead)
      if (this.#offset === this.#first.length)
        this.#first = Buffer.concat([this.#first, bytes.subarray(0, HEAD - this.#offset)])
      const newline = bytes.lastIndexOf(10)
      if (newline >= 0) this.#line = this.#offset + newline + 1
      this.#offset += bytesRead
      await this.#take(this.#lines.push(bytes), take)
    }
  }

  /**
   * Nobody will write to it any more: its last line is whole as it is.
   * @returns whether all of it is journaled; where not it stays open, and is read again from there
   */
  async finish(take: Take): Promise<boolean> {
    await this.#take(this.#lines.end(), take)
    const whole = await this.#promised.then(
      () => true,
      () => false,
    )
    if (whole) await this.close()
    return whole
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #take(lines: LineBlocks, take: Take): Promise<void> {
    const era = this.#era
    const offset = this.#line
    const pieces = await take(lines)
    // A chunk may hold no piece, as the middle of a long line does: what is before it counts first.
    this.#promised = Promise.all([this.#promised, ...pieces.map(({ journaled }) => journaled)]).then(
      () => {
        if (era === this.#era) this.#journaled = offset
      },
      error => {
        if (era === this.#era) this.#failed = true
        throw error
      },
    )
    this.#promised.catch(() => {}) // the next look goes back; nobody need wait
  }

  #goTo(offset: number): void {
    this.#era++
    this.#failed = false
    this.#promised = Promise.resolve()
    this.#lines.end()
    this.#offset = offset
    this.#line = offset
    this.#journaled = offset
    if (offset < this.#first.length) this.#first = this.#first.subarray(0, offset)
  }

  async #wasCut(size: number): Promise<boolean> {
    if (size < this.#offset) return true
    const { length } = this.#first
    return length > 0 && size > this.#offset && !(await firstOf(this.#handle, length)).equals(this.#first)
  }
}

/** The first bytes, at most as many as were read. */
async function firstOf(handle: FileHandle, offset: number): Promise<Buffer> {
  const first = Buffer.alloc(Math.min(HEAD, offset))
  if (first.length === 0) return first
  const { bytesRead } = await handle.read(first, 0, first.length, 0)
  return first.subarray(0, bytesRead)
}

/** Length and hash of the first bytes. */
function headOf(first: Buffer): string {
  return first.length === 0 ? '' : `${first.length}:${createHash('md5').update(first).digest('hex')}`
}

function headLength(head: string): number {
  return Math.max(0, Number.parseInt(head, 10) || 0)
}

async function isMarked(handle: FileHandle, file: string, size: number, mark: Mark): Promise<boolean> {
  if (file !== mark.file || size < mark.offset) return false
  return headOf(await firstOf(handle, headLength(mark.head))) === mark.head
}

/** A line being written when it starts belongs to what is to come. */
async function afterLastLine(handle: FileHandle, size: number): Promise<number> {
  const tail = Buffer.alloc(Math.min(CHUNK, size))
  await handle.read(tail, 0, tail.length, size - tail.length)
  const newline = tail.lastIndexOf(10)
  if (newline >= 0) return size - tail.length + newline + 1
  return tail.length === size ? 0 : size
}
