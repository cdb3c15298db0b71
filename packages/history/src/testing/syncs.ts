import { open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterEach, type MockInstance, vi } from 'vitest'

const spies: MockInstance[] = []
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore()
})

/** What this process syncs from now on, until the test ends: files and folders, by inode. */
export class Syncs {
  readonly #inodes = new Set<number>()

  static async watch(): Promise<Syncs> {
    const syncs = new Syncs()
    const handle = await open(tmpdir(), 'r')
    const methods = Object.getPrototypeOf(handle) as typeof handle
    await handle.close()
    for (const name of ['sync', 'datasync'] as const) {
      const real = methods[name]
      spies.push(
        vi.spyOn(methods, name).mockImplementation(async function (this: typeof handle) {
          const { ino } = await this.stat()
          await real.call(this)
          syncs.#inodes.add(ino)
        }),
      )
    }
    return syncs
  }

  forget(): void {
    this.#inodes.clear()
  }

  async has(path: string): Promise<boolean> {
    return this.#inodes.has((await stat(path)).ino)
  }
}
