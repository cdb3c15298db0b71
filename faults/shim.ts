import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Note, notesOf } from './notes.ts'
import { files } from './power.ts'

const SOURCES = ['shim.c', 'names.c'].map(name => fileURLToPath(new URL(name, import.meta.url)))
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
  readonly #notes: string
  /** Hard links to what the program removed and the disk may still have; on that disk. */
  readonly graves: string

  private constructor(library: string, control: string, notes: string, graves: string) {
    this.env = {
      LD_PRELOAD: library,
      TELLTALE_FAULTS_SHIM: control,
      TELLTALE_FAULTS_NOTES: notes,
      TELLTALE_FAULTS_GRAVES: graves,
    }
    this.#notes = notes
    this.graves = graves
    writeFileSync(notes, '')
    this.#file = openSync(control, 'w+')
    this.#tell()
  }

  /**
   * Undefined where it cannot be compiled or loaded here.
   * @param disk where the data's disk will be
   */
  static make(folder: string, disk: string): Shim | undefined {
    const library = join(folder, 'shim.so')
    try {
      execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, ...SOURCES, '-ldl', '-lpthread'], {
        stdio: 'ignore',
      })
      const shim = new Shim(library, join(folder, 'shim.control'), join(folder, 'shim.notes'), join(disk, 'graves'))
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

  /**
   * A new disk is at this folder: on it alone things fail, and of it is noted what happens to names and is synced.
   * @param power whether that is for a power cut: then what is removed is kept for it
   */
  disk(folder: string, power: boolean): void {
    this.#device = statSync(folder).dev
    if (power) mkdirSync(this.graves)
    writeFileSync(this.#notes, '')
    this.#tell()
  }

  fail(failing: Failing): void {
    this.#failing = failing
    this.#tell()
  }

  /** What was seen on the disk since it was new or settled. */
  notes(): Note[] {
    return notesOf(readFileSync(this.#notes, 'utf8'))
  }

  /** What is there now, lasts. Only while nothing runs. */
  settle(folder: string): void {
    rmSync(this.graves, { recursive: true })
    mkdirSync(this.graves)
    const all = files(folder).map(path => statSync(path))
    writeFileSync(this.#notes, all.map(({ ino, size }) => `s\t${ino}\t${size}\t0\n`).join(''))
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
