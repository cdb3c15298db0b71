import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { syncFolder, syncFolders } from '../lasting.ts'
import { tablesIn } from './part.ts'

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
  for (const table of await tablesIn(dir)) await syncFolders(join(table, 'detached'), 0)
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
