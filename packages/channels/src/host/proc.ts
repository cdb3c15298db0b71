import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Slices } from './slices.ts'

/** Reads Linux's /proc, cheaply: small files into one reused buffer. What can not be read is undefined, never an error. */
export class Proc {
  readonly root: string
  /** Where the network of the machine is: that of process 1 where /proc is somebody else's, mounted into a container. */
  readonly net: string
  readonly #buffer = Buffer.allocUnsafeSlow(256 * 1024)

  /** @param root `/proc`, or where the host's is mounted: `/host/proc` */
  constructor(root = '/proc') {
    this.root = root
    this.net = root === '/proc' ? 'self/net' : '1/net'
  }

  /** A small file, at most 256 KB of it. */
  read(path: string): string | undefined {
    return this.readAt(join(this.root, path))
  }

  /** The same anywhere, for /sys. */
  readAt(path: string): string | undefined {
    let file: number | undefined
    try {
      file = openSync(path, 'r')
      let length = 0
      for (let got = 1; got > 0 && length < this.#buffer.length; length += got)
        got = readSync(file, this.#buffer, length, this.#buffer.length - length, null)
      return this.#buffer.toString('latin1', 0, length)
    } catch {
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  /** The lines of a file that may be long, after its first, in slices; at most `limit` of them. @returns how many */
  async lines(path: string, limit: number, slices: Slices, each: (line: string) => void): Promise<number> {
    let file: number
    try {
      file = openSync(join(this.root, path), 'r')
    } catch {
      return 0
    }
    const chunk = Buffer.allocUnsafe(32 * 1024)
    let count = -1
    let rest = ''
    try {
      while (count < limit) {
        const got = readSync(file, chunk, 0, chunk.length, null)
        if (got === 0) break
        const lines = (rest + chunk.toString('latin1', 0, got)).split('\n')
        rest = lines.pop()!
        for (const line of lines) if (count++ >= 0 && count <= limit) each(line)
        if (slices.due) await slices.rest()
      }
      return Math.max(0, Math.min(count, limit))
    } catch {
      return Math.max(0, count)
    } finally {
      closeSync(file)
    }
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

  /** What a file descriptor stands for: `socket:[1234]`. */
  link(pid: number, descriptor: string): string {
    try {
      return readlinkSync(`${this.root}/${pid}/fd/${descriptor}`, 'latin1')
    } catch {
      return ''
    }
  }
}
