import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { syncFolder, syncFolders } from '../lasting.ts'

const COPY = 'metadata.json'

/**
 * Keeps a copy of what defines the engine's tables, beside its data. A power cut or a disk that fails can leave such a file
 * empty or cut short without the engine noticing, and then it opens nothing at all. Of what is not whole, the copy stays.
 * @returns the files that are not whole, relative to the folder
 */
export async function keepMetadata(dir: string): Promise<string[]> {
  const copy = (await copied(dir)) ?? {}
  const kept: Record<string, string> = {}
  const broken: string[] = []
  for (const [path, text] of Object.entries(await definitions(dir))) {
    const whole = isWhole(text, copy[path])
    const keep = whole ? text : copy[path]
    if (!whole) broken.push(path)
    if (keep !== undefined) kept[path] = keep
  }
  if (JSON.stringify(kept) !== JSON.stringify(copy)) {
    await writeFile(join(dir, `${COPY}.new`), JSON.stringify(kept), { flush: true })
    await rename(join(dir, `${COPY}.new`), join(dir, COPY))
  }
  await syncTables(dir)
  return broken
}

/** Makes the engine's tables and their parts last: it syncs its files, but none of the folders they are in, save the parts'. */
export async function syncTables(dir: string): Promise<void> {
  for (const [name, levels] of FOLDERS) await syncFolders(join(dir, 'data', name), levels)
  for (const table of await folders(join(dir, 'data', 'store'), 2)) await syncFolders(join(table, 'detached'), 0)
  await syncFolder(dir)
}

/** Below the engine's own, with the levels that hold names of tables and of parts. */
const FOLDERS = [
  ['store', 2],
  ['metadata', 0],
  ['data', 1],
  ['', 0],
] as const

/**
 * Rewrites from the copy what is missing or cut short. What merely differs is left alone. What is not whole and never was
 * is put aside: nothing was ever put into its table, which is made anew.
 * @returns the files rewritten or put aside, relative to the folder
 */
export async function mendMetadata(dir: string): Promise<string[]> {
  const copy = await copied(dir)
  if (copy === undefined) return []
  const mended: string[] = []
  const found = await definitions(dir)
  if (Object.keys(found).length === 0) return [] // the data was taken away on purpose
  for (const path of new Set([...Object.keys(found), ...Object.keys(copy)])) {
    const [now, kept] = [found[path], copy[path]]
    if (now !== undefined && isWhole(now, kept)) continue
    // Not beside the others: whatever is there that is no definition, the engine opens nothing.
    if (kept === undefined) await rename(join(dir, path), join(dir, `${basename(path)}.broken`))
    else {
      await mkdir(dirname(join(dir, path)), { recursive: true })
      await writeFile(join(dir, path), kept, { flush: true })
    }
    mended.push(path)
  }
  return mended
}

/** A definition ends with a newline; one that was cut short behind another begins as it was, unless it changed before. */
function isWhole(text: string, before = ''): boolean {
  return text.startsWith('ATTACH ') && text.endsWith('\n') && !(text.length < before.length && before.startsWith(text))
}

/** Undefined where there is no copy, or a damaged one. */
async function copied(dir: string): Promise<Record<string, string> | undefined> {
  try {
    const all = JSON.parse(await readFile(join(dir, COPY), 'utf8')) as Record<string, string>
    return Object.fromEntries(Object.entries(all).filter(([, text]) => isWhole(text)))
  } catch {
    return undefined
  }
}

/**
 * Takes empty `metadata_version.txt` out of the parts: a disk that failed or was full for a moment can leave one without
 * the engine noticing, and then it would let go of the part when it loads it. Without the file the version is 0, as ever here.
 * @returns the files, relative to the folder
 */
export async function mendParts(dir: string): Promise<string[]> {
  const mended: string[] = []
  for (const part of await folders(join(dir, 'data', 'store'), 3)) {
    if (basename(part).startsWith('tmp_')) continue // it never became one: the engine removes it
    const path = join(part, 'metadata_version.txt')
    const about = await stat(path).catch(() => undefined)
    if (about?.size !== 0) continue
    await rm(path)
    mended.push(relative(dir, path))
  }
  return mended
}

/** In the folder of a part that was dropped: its events were offered again. */
export const DROPPED = 'dropped_by_telltale'

/**
 * Removes parts that were dropped. The engine keeps them for some minutes beside an empty one that stands for them; where it
 * lets go of that, because the disk fails, they would be there again, beside what was made anew of their events.
 * @returns the parts, relative to the folder
 */
export async function removeDropped(dir: string): Promise<string[]> {
  const store = join(dir, 'data', 'store')
  const tables = await folders(store, 2)
  const all = (
    await Promise.all([...tables, ...tables.map(table => join(table, 'detached'))].map(at => folders(at, 1)))
  ).flat()
  const removed: string[] = []
  for (const part of all) {
    if ((await stat(join(part, DROPPED)).catch(() => undefined)) === undefined) continue
    // Under this name the engine removes it, should there be a kill in the middle.
    const gone = join(dirname(part), `delete_tmp_${basename(part)}`)
    await rename(part, gone)
    await rm(gone, { recursive: true })
    removed.push(relative(dir, part))
  }
  return removed
}

const PART = /^(\d{8})_(\d+)_(\d+)_(\d+)$/

/** What a part's name says: its day, first and last block, and how often it was merged. */
export interface PartName {
  readonly name: string
  readonly day: string
  readonly first: number
  readonly last: number
  readonly level: number
}

/** Those of a folder's names that are parts' of a table by day. */
export function partsIn(names: readonly string[]): PartName[] {
  return names.flatMap(name => {
    const [, day, first, last, level] = PART.exec(name) ?? []
    return day === undefined ? [] : [{ name, day, first: Number(first), last: Number(last), level: Number(level) }]
  })
}

/** Before the name of a part that was put aside because another holds all of it. */
export const COVERED = 'covered_'

/**
 * Puts aside parts whose blocks another of the same level holds all of: the engine let go of one it had merged, merged anew
 * and further, and a power cut brought the first back. It takes two such for a mistake, and opens nothing at all.
 * @returns the parts, relative to the folder
 */
export async function mendOverlaps(dir: string): Promise<string[]> {
  const aside: string[] = []
  for (const table of await folders(join(dir, 'data', 'store'), 2)) {
    const parts = partsIn(await readdir(table)).map(part => ({ ...part, kind: `${part.day} ${part.level}` }))
    for (const kind of new Set(parts.map(part => part.kind))) {
      const alike = parts.filter(part => part.kind === kind)
      for (const { name, first, last } of alike) {
        if (!alike.some(other => other.name !== name && other.first <= first && other.last >= last)) continue
        await rename(join(table, name), join(table, 'detached', `${COVERED}${name}`))
        aside.push(relative(dir, join(table, name)))
      }
    }
  }
  return aside
}

/** The folders so many levels below. */
export async function folders(dir: string, levels: number): Promise<string[]> {
  if (levels === 0) return [dir]
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  const all: string[] = []
  for (const entry of entries) if (entry.isDirectory()) all.push(...(await folders(join(dir, entry.name), levels - 1)))
  return all
}

/** The text of every `.sql` file, by its path relative to the folder; without those that are dropped meanwhile. */
async function definitions(dir: string): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const path of [
    ...(await below(join(dir, 'data', 'metadata'), 0)),
    ...(await below(join(dir, 'data', 'store'), 2)),
  ]) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    if (text !== undefined) all[relative(dir, path)] = text
  }
  return all
}

/** `.sql` files of a folder and of those so many levels below; parts, deeper, are never listed. */
async function below(dir: string, levels: number): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  const paths = entries
    .filter(entry => entry.isFile() && entry.name.endsWith('.sql'))
    .map(({ name }) => join(dir, name))
  if (levels === 0) return paths
  for (const entry of entries) if (entry.isDirectory()) paths.push(...(await below(join(dir, entry.name), levels - 1)))
  return paths
}
