import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { COVERED, DROPPED, foldersIn, type PartName, partsIn, tablesIn } from './part.ts'

/**
 * Takes empty `metadata_version.txt` out of the parts: a disk that failed or was full for a moment can leave one without
 * the engine noticing, and then it would let go of the part when it loads it. Without the file the version is 0, as ever here.
 * @returns the files, relative to the folder
 */
export async function mendParts(dir: string): Promise<string[]> {
  const mended: string[] = []
  for (const part of (await Promise.all((await tablesIn(dir)).map(foldersIn))).flat()) {
    if (basename(part).startsWith('tmp_')) continue // it never became one: the engine removes it
    const path = join(part, 'metadata_version.txt')
    const about = await stat(path).catch(() => undefined)
    if (about?.size !== 0) continue
    await rm(path)
    mended.push(relative(dir, path))
  }
  return mended
}

/**
 * Removes parts that were dropped. The engine keeps them for some minutes beside an empty one that stands for them; where it
 * lets go of that, because the disk fails, they would be there again, beside what was made anew of their events.
 * @returns the parts, relative to the folder
 */
export async function removeDropped(dir: string): Promise<string[]> {
  const tables = await tablesIn(dir)
  const all = await Promise.all([...tables, ...tables.map(table => join(table, 'detached'))].map(foldersIn))
  const removed: string[] = []
  for (const part of all.flat()) {
    if ((await stat(join(part, DROPPED)).catch(() => undefined)) === undefined) continue
    await remove(part)
    removed.push(relative(dir, part))
  }
  return removed
}

async function remove(part: string): Promise<void> {
  // Under this name the engine removes it, should there be a kill in the middle.
  const gone = join(dirname(part), `delete_tmp_${basename(part)}`)
  await rename(part, gone)
  await rm(gone, { recursive: true })
}

/**
 * Puts aside parts whose blocks another of the same level holds all of: the engine let go of one it had merged, merged anew
 * and further, and a power cut brought the first back. It takes two such for a mistake, and opens nothing at all.
 * @returns the parts, relative to the folder
 */
export async function mendOverlaps(dir: string): Promise<string[]> {
  const aside: string[] = []
  for (const table of await tablesIn(dir)) {
    const parts = partsIn(await readdir(table))
    for (const part of parts) {
      if (!parts.some(other => isWithin(part, other))) continue
      await rename(join(table, part.name), join(table, 'detached', `${COVERED}${part.name}`))
      aside.push(relative(dir, join(table, part.name)))
    }
  }
  return aside
}

function isWithin({ day, first, last, level }: PartName, other: PartName): boolean {
  const shorter = last - first < other.last - other.first
  return other.day === day && other.level === level && other.first <= first && other.last >= last && shorter
}
