import { execFileSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('shim.c', import.meta.url))
const SIZE = 24

export interface Slowness {
  /** µs before each write to a file, each sync, each rename and unlink. */
  write: number
  sync: number
  name: number
}

/** A preloaded library that moves the program's wall clock and slows its disk while it runs; where there is a C compiler. */
export class Shim {
  /** What the program is to be started with. */
  readonly env: Readonly<Record<string, string>>
  clockMs = 0
  #slowness: Slowness = { write: 0, sync: 0, name: 0 }
  readonly #file: number

  private constructor(library: string, control: string) {
    this.env = { LD_PRELOAD: library, TELLTALE_FAULTS_SHIM: control }
    this.#file = openSync(control, 'w+')
    this.#tell()
  }

  /** Undefined where it cannot be compiled or loaded here. */
  static make(folder: string): Shim | undefined {
    const library = join(folder, 'shim.so')
    try {
      execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'], { stdio: 'ignore' })
      const shim = new Shim(library, join(folder, 'shim.control'))
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

  close(): void {
    closeSync(this.#file)
  }

  #tell(): void {
    const bytes = Buffer.alloc(SIZE)
    bytes.writeBigInt64LE(BigInt(this.clockMs), 0)
    for (const [i, us] of [this.#slowness.write, this.#slowness.sync, this.#slowness.name].entries())
      bytes.writeInt32LE(us, 8 + 4 * i)
    writeSync(this.#file, bytes, 0, SIZE, 0)
  }
}
