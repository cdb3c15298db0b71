import { execFileSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'

const KIB = 1024
const MIB = 1024 * KIB

/** The disk the data folder is on: a tmpfs of its own where one can be mounted, else just a folder. */
export class Disk {
  readonly path: string
  /** It can be filled and made read-only. */
  readonly own: boolean
  readonly #size: number

  /** @param roomy with room enough that the engine merges */
  constructor(path: string, namespaces: boolean, roomy: boolean) {
    this.path = path
    this.#size = (roomy ? 2048 : 512) * MIB
    mkdirSync(path, { recursive: true })
    this.own = namespaces && run('mount', '-t', 'tmpfs', '-o', `size=${this.#size}`, 'telltale-faults', path)
  }

  /** Leaves so many bytes, or what the next page needs. */
  fill(left: number): void {
    const { blocks, bfree, bsize } = statfsSync(this.path)
    const used = (blocks - bfree) * bsize
    run('mount', '-o', `remount,size=${Math.ceil((used + left) / 4 / KIB) * 4}k`, this.path)
  }

  free(): void {
    run('mount', '-o', `remount,size=${this.#size}`, this.path)
  }

  /** False where something still is open for writing. */
  readOnly(on: boolean): boolean {
    return run('mount', '-o', on ? 'remount,ro' : `remount,rw,size=${this.#size}`, this.path)
  }

  unmount(): void {
    for (let tries = 0; this.own && !run('umount', '-l', this.path) && tries < 5; tries++) run('sleep', '1')
  }
}

/** Lets nothing be made, renamed or removed in a folder, not even by root. False where the system cannot. */
export function freeze(folder: string, on: boolean): boolean {
  return run('chattr', on ? '+i' : '-i', folder)
}

function run(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
