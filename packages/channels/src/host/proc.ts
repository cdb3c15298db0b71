import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Slices } from './slices.ts'

/** The kernel fills a page, 4 KB, as far as whole lines fit: a read this short was the last, and asking again walks the table again. */
const LAST_READ = 3_500

/** Reads Linux's /proc, cheaply: small files into one reused buffer. What can not be read is undefined, never an error. */
export class Proc {
  readonly root: string
  /** Where the network of the machine is: that of process 1 where /proc is somebody else's, mounted into a container. */
  readonly net: string
  readonly #buffer = Buffer.allocUnsafeSlow(256 * 1024)
  readonly #chunk = Buffer.allocUnsafeSlow(64 * 1024)

  /** @param root `/proc`, or where the host's is mounted: `/host/proc` */
  constructor(root = '/proc') {
    this.root = root
    this.net = root === '/proc' ? 'self/net' : '1/net'
  }

  /** A small file, at most 256 KB of it. */
  read(path: string): string | undefined {
    return this.readAt(join(this.root, path))
  }

  /** A file that the kernel gives whole at the first read, like a process's stat. */
  readOnce(path: string): string | undefined {
    return this.readAt(`${this.root}/${path}`, true)
  }

  /** The same anywhere, for /sys. */
  readAt(path: string, once = false): string | undefined {
    let file: number | undefined
    try {
      file = openSync(path, 'r')
      let length = readSync(file, this.#buffer, 0, this.#buffer.length, null)
      for (let got = length; !once && got > 0 && length < this.#buffer.length; length += got)
        got = readSync(file, this.#buffer, length, this.#buffer.length - length, null)
      return this.#buffer.toString('latin1', 0, length)
    } catch {
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  /**
   * The lines of one of the kernel's tables after its first, at most `limit` of them. To make one the kernel may walk a
   * large hash for milliseconds, so it is read off the event loop, and no more often than needed.
   * @returns how many
   */
  async lines(path: string, limit: number, slices: Slices, each: (line: string) => void): Promise<number> {
    slices.end()
    let count = -1
    let rest = ''
    let file: FileHandle | undefined
    try {
      file = await open(join(this.root, path))
      while (count < limit) {
        const { bytesRead } = await file.read(this.#chunk, 0, this.#chunk.length, null)
        slices.begin()
        const lines = (rest + this.#chunk.toString('latin1', 0, bytesRead)).split('\n')
        rest = lines.pop()!
        for (const line of lines) if (count++ >= 0 && count <= limit) each(line)
        slices.end()
        if (bytesRead < LAST_READ) break
      }
    } catch {
      // What can not be read counts as not there.
    } finally {
      await file?.close()
      slices.begin()
    }
    return Math.max(0, Math.min(count, limit))
  }

  /** The numbers of all processes. */
  pids(): number[] {
    const pids: number[] = []
    for (const name of readdirSync(this.root)) {
      const first = name.charCodeAt(0)
      if (first >= 48 && first <= 57) pids.push(Number(name))
    }
    return pids
  }

  /** How many files a process has open; undefined where the kernel (before 6.2) does not say so at once. */
  openFiles(pid: number): number | undefined {
    try {
      const { size } = statSync(join(this.root, `${pid}/fd`))
      return size > 0 ? size : undefined
    } catch {
      return undefined
    }
  }

  /** What a file descriptor stands for: `socket:[1234]`. Empty where it is gone, undefined where this user may not know. */
  link(pid: number, descriptor: string): string | undefined {
    try {
      return readlinkSync(`${this.root}/${pid}/fd/${descriptor}`, 'latin1')
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : undefined
    }
  }
}
