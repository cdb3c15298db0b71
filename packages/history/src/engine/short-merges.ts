import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { syncFolder } from '../lasting.ts'
import { covers, LET_GO, partsIn, rowsOf, tablesIn } from './part.ts'

/** What is to be moved, kept until all of it is. */
const LIST = 'short.json'

/**
 * Takes out of the table what was merged into parts that hold fewer events than that. What the engine cannot read of a file it
 * takes for its end, and a part whose marks it could not read for one with fewer events; merged with others, those are gone. For
 * some minutes what was merged is still there: it is put where parts lie that the engine let go of, of whose events those
 * are taken back that the table lacks.
 * @returns the parts, relative to the folder
 */
export async function mendShortMerges(dir: string, now: number = Date.now()): Promise<string[]> {
  const list = join(dir, LIST)
  const found = await readFile(list, 'utf8').then(
    text => JSON.parse(text) as string[],
    () => undefined,
  )
  const parts = found ?? (await lackedByMerged(dir, now))
  if (parts.length === 0) return []
  // All or none: of those that are left alone nobody could tell any more that some are lacking.
  if (found === undefined) {
    await writeFile(`${list}.new`, JSON.stringify(parts), { flush: true })
    await rename(`${list}.new`, list)
    await syncFolder(dir)
  }
  for (const part of parts) {
    const [table, name] = [join(dir, dirname(part)), basename(part)]
    await rename(join(table, name), join(table, 'detached', LET_GO + name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error // it was moved before
    })
    await syncFolder(table)
    await syncFolder(join(table, 'detached'))
  }
  await rm(list)
  return parts
}

/** Parts, relative to the folder, that hold more events together than what they were merged into. */
async function lackedByMerged(dir: string, now: number): Promise<string[]> {
  const lacked: string[] = []
  for (const table of await tablesIn(dir)) {
    const parts = partsIn(await readdir(table))
    for (const merged of parts) {
      const within = parts.filter(part => covers(merged, part))
      const largest = within.filter(part => !within.some(other => covers(other, part)))
      if (largest.length === 0) continue
      const rows = (await rowsOf(join(table, merged.name))) ?? 0
      if (rows === 0) continue // it stands for what was let go of
      let sum = 0
      let expired = false
      for (const { name } of largest) {
        sum += (await rowsOf(join(table, name))) ?? 0
        expired ||= await isExpired(join(table, name), now)
      }
      if (sum > rows && !expired) lacked.push(...largest.map(({ name }) => relative(dir, join(table, name))))
    }
  }
  return [...new Set(lacked)]
}

/** Whether some of its events may have been let go of by right. */
async function isExpired(part: string, now: number): Promise<boolean> {
  const times = await readFile(join(part, 'ttl.txt'), 'utf8').catch(() => '')
  return [...times.matchAll(/"min":(\d+)/g)].some(([, seconds]) => Number(seconds) * 1000 <= now)
}
