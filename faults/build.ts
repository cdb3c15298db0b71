import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'

/** Ways of breaking the program that the oracle must notice: text of a built file, and what stands there instead. */
const BREAKS = {
  /** Acknowledged before it is written. */
  journal: {
    file: 'packages/history/dist/journal/journal.js',
    from: 'this.#queue.push({ lines, bytes, batches, resolve, reject });\n            this.#run();',
    to: 'resolve(); setTimeout(() => { this.#queue.push({ lines, bytes, batches, resolve, reject }); this.#run() }, 40);',
  },
  /** What may be in history already is handed over again as if it were new. */
  dedup: {
    file: 'packages/history/dist/flush.js',
    from: 'fresh ? insertSql : insertMissingSql(spanOf(segments))',
    to: 'insertSql',
  },
  /** `always` acknowledges what is with the system only. */
  sync: {
    file: 'packages/history/dist/journal/open-segment.js',
    from: 'if (sync)\n                await this.#sync();',
    to: '',
  },
  /** Nothing sees to it that names last. */
  names: {
    file: 'packages/history/dist/lasting.js',
    from: 'await handle.sync();',
    to: '',
  },
} as const

export type Broken = keyof typeof BREAKS
export const BROKEN = Object.keys(BREAKS) as Broken[]

/**
 * Copies the built program, so that nothing changes under a campaign, and breaks the copy where that is asked for.
 * @returns the command's path
 */
export async function copyBuild(root: string, target: string, broken: Broken | undefined): Promise<string> {
  const built = (path: string): boolean => !['src', 'node_modules'].includes(basename(path))
  await cp(join(root, 'packages'), join(target, 'packages'), { recursive: true, filter: built })
  await mkdir(join(target, 'node_modules/@telltale'), { recursive: true })
  for (const name of await readdir(join(root, 'node_modules')))
    if (!['@telltale', 'telltale', '.bin'].includes(name))
      await symlink(resolve(root, 'node_modules', name), join(target, 'node_modules', name))
  for (const name of await readdir(join(target, 'packages')))
    await symlink(join(target, 'packages', name), join(target, 'node_modules/@telltale', name))
  if (broken !== undefined) await breakIt(target, BREAKS[broken])
  return join(target, 'packages/telltale/bin/telltale.js')
}

async function breakIt(target: string, { file, from, to }: { file: string; from: string; to: string }): Promise<void> {
  const path = join(target, file)
  const text = await readFile(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${file} has changed: there is no "${from}" in it to break`)
  await writeFile(path, text.replace(from, to))
}
