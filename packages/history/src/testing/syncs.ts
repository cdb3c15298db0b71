import { open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, type MockInstance, vi } from 'vitest'

const spies: MockInstance[] = []
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore()
})

/** What this process syncs from now on, until the test ends: files and folders, by inode. */
export class Syncs {
  readonly #inodes = new Set<number>()
  #underWay = 0

  /** @param ms each takes longer */
  static async watch(ms = 0): Promise<Syncs> {
    const syncs = new Syncs()
    const handle = await open(tmpdir(), 'r')
    const methods = Object.getPrototypeOf(handle) as typeof handle
    await handle.close()
    for (const name of ['sync', 'datasync'] as const) {
      const real = methods[name]
      spies.push(
        vi.spyOn(methods, name).mockImplementation(async function (this: typeof handle) {
          syncs.#underWay++
          const { ino } = await this.stat()
          await sleep(ms)
          await real.call(this)
          syncs.#underWay--
          syncs.#inodes.add(ino)
        }),
      )
    }
    return syncs
  }

  forget(): void {
    this.#inodes.clear()
  }

  get underWay(): number {
    return this.#underWay
  }

  async has(path: string): Promise<boolean> {
    return this.#inodes.has((await stat(path)).ino)
  }
}
