import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('shim.c', import.meta.url))
const SIZE = 40

export interface Slowness {
  /** µs before each write to a file, each sync, each rename and unlink. */
  write: number
  sync: number
  name: number
}

/** How often, in a million, a write, sync, rename or unlink fails or is cut short, and a read fails. */
export interface Failing {
  write: number
  read: number
}

/** A preloaded library that moves the program's wall clock, slows its disk and lets it fail while it runs; where there is a C compiler. */
export class Shim {
  /** What the program is to be started with. */
  readonly env: Readonly<Record<string, string>>
  clockMs = 0
  #slowness: Slowness = { write: 0, sync: 0, name: 0 }
  #failing: Failing = { write: 0, read: 0 }
  #device = 0
  readonly #file: number
  readonly #synced: string

  private constructor(library: string, control: string, synced: string) {
    this.env = { LD_PRELOAD: library, TELLTALE_FAULTS_SHIM: control, TELLTALE_FAULTS_SYNCED: synced }
    this.#synced = synced
    writeFileSync(synced, '')
    this.#file = openSync(control, 'w+')
    this.#tell()
  }

  /** Undefined where it cannot be compiled or loaded here. */
  static make(folder: string): Shim | undefined {
    const library = join(folder, 'shim.so')
    try {
      execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'], { stdio: 'ignore' })
      const shim = new Shim(library, join(folder, 'shim.control'), join(folder, 'shim.synced'))
      const moved = 86_400_000
      shim.clock(moved)
      const said = execFileSync(process.execPath, ['-p', 'Date.now()'], { env: { ...process.env, ...shim.env } })
      shim.clock(0)
      return Math.abs(Number(said) - Date.now() - moved) < 60_000 ? shim : undefined
    } catch {
      return undefined
    }
  }

  /** Moves the wall clock this far from the real one. */
  clock(ms: number): void {
    this.clockMs = ms
    this.#tell()
  }

  slow(slowness: Slowness): void {
    this.#slowness = slowness
    this.#tell()
  }

  fast(): void {
    this.slow({ write: 0, sync: 0, name: 0 })
  }

  /** A new disk is at this folder: on it alone things fail, and of it is noted what was synced. */
  disk(folder: string): void {
    this.#device = statSync(folder).dev
    truncateSync(this.#synced)
    this.#tell()
  }

  fail(failing: Failing): void {
    this.#failing = failing
    this.#tell()
  }

  /** How far each file was synced, by inode, in bytes. */
  synced(): Map<number, number> {
    const notes = readFileSync(this.#synced)
    const sizes = new Map<number, number>()
    for (let at = 0; at + 16 <= notes.length; at += 16)
      sizes.set(Number(notes.readBigInt64LE(at)), Number(notes.readBigInt64LE(at + 8)))
    return sizes
  }

  /** It fails no more, and is as fast as it is. */
  mend(): void {
    this.#failing = { write: 0, read: 0 }
    this.fast()
  }

  close(): void {
    closeSync(this.#file)
  }

  #tell(): void {
    const bytes = Buffer.alloc(SIZE)
    bytes.writeBigInt64LE(BigInt(this.clockMs), 0)
    for (const [i, us] of [this.#slowness.write, this.#slowness.sync, this.#slowness.name].entries())
      bytes.writeInt32LE(us, 8 + 4 * i)
    bytes.writeInt32LE(this.#failing.write, 20)
    bytes.writeInt32LE(this.#failing.read, 24)
    bytes.writeBigInt64LE(BigInt(this.#device), 32)
    writeSync(this.#file, bytes, 0, SIZE, 0)
  }
}
