import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const PART = /(\d{8})_(\d+)_(\d+)_(\d+)(?:_(\d+))?/

/** What a part's name says: its day, first and last block, how often it was merged, and for which change of the table it was made anew. */
export interface PartName {
  readonly name: string
  readonly day: string
  readonly first: number
  readonly last: number
  readonly level: number
  /** 0 where it was not. */
  readonly version: number
}

/** The part that a folder is named after, of a table by day; under `detached` something may be before and behind it. */
export function partNamed(folder: string): PartName | undefined {
  const [name, day, ...numbers] = PART.exec(folder) ?? []
  if (name === undefined || day === undefined) return undefined
  const [first, last, level, version] = numbers.map(number => Number(number ?? 0)) as [number, number, number, number]
  return { name, day, first, last, level, version }
}

/** Those of a folder's names that are parts' own. */
export function partsIn(names: readonly string[]): PartName[] {
  return names.flatMap(name => {
    const part = partNamed(name)
    return part?.name === name ? [part] : []
  })
}

/** Whether one takes the place of another: made of it, of it and more, or of nothing where that was let go of. */
export function covers(later: PartName, part: PartName): boolean {
  if (later.day !== part.day || later.first > part.first || later.last < part.last) return false
  if (later.version < part.version) return false
  const same = later.first === part.first && later.last === part.last && later.level === part.level
  return later.level > part.level || (same && later.version > part.version)
}

/** Events of a part by its own file, as it was written; undefined where that does not say. */
export async function rowsOf(part: string): Promise<number | undefined> {
  const count = await readFile(join(part, 'count.txt'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return ''
  })
  return /^\d+$/.test(count) ? Number(count) : undefined
}

/** In the folder of a part that was dropped: its events were offered again. */
export const DROPPED = 'dropped_by_telltale'

/** Before the name of a part that was put aside because another holds all of it. */
export const COVERED = 'covered_'

/** Before the name of a part's folder under `detached`, where the engine let go of it at its start. */
export const LET_GO = 'broken-on-start_'

/** The folders of the engine's tables: parts are in them, and in `detached` of each. */
export async function tablesIn(dir: string): Promise<string[]> {
  return (await Promise.all((await foldersIn(join(dir, 'data', 'store'))).map(foldersIn))).flat()
}

/** None where there is no such folder. */
export async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => join(dir, name))
}
