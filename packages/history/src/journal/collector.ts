import { randomBytes } from 'node:crypto'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COLLECTOR, type list } from './segment.ts'

export interface Named {
  collector: string
  /** The file was missing or not valid, and the name is that of what is there. */
  recovered: boolean
}

/**
 * The collector's name kept in a folder of segments; made once. Where the file was lost, the name of what is there goes on:
 * under another, all that has it would be somebody else's.
 * @param elsewhere the name of what is there beside the segments, if there is anything
 */
export async function collectorOf(
  dir: string,
  found: Awaited<ReturnType<typeof list>>,
  elsewhere: () => Promise<string | undefined>,
): Promise<Named> {
  const path = join(dir, 'collector')
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return ''
  })
  if (COLLECTOR.test(kept.trim())) return { collector: kept.trim(), recovered: false }
  const before = (await newest(found.open)) ?? (await newest(found.sealed)) ?? (await elsewhere())
  const recovered = before !== undefined && COLLECTOR.test(before)
  const collector = recovered ? before : randomBytes(6).toString('hex')
  await writeFile(`${path}.new`, `${collector}\n`, { flush: true })
  await rename(`${path}.new`, path)
  return { collector, recovered }
}

/** Whose segment was written last. */
async function newest(segments: readonly { path: string; collector: string }[]): Promise<string | undefined> {
  const written = await Promise.all(
    segments.map(async ({ path, collector }) => ({ collector, at: (await stat(path)).mtimeMs })),
  )
  return written.sort((a, b) => b.at - a.at)[0]?.collector
}
