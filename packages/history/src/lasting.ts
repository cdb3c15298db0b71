import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** Makes what was made, renamed and removed in a folder last: what a file holds is on disk by its own sync, its name only by this. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(join(dir, '.'), 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a folder, and those above that are missing, so that they last; also where an earlier start made it and was killed. */
export async function makeFolder(dir: string): Promise<void> {
  const path = resolve(dir)
  const first = (await mkdirs(path)) ?? path
  for (let at = path; at.length >= first.length; at = dirname(at))
    await syncFolder(dirname(at)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw error // one we may pass, but not look into
    })
}

/**
 * Makes a folder and those above that are missing. Node's own way tries for ever where none can be made, as in /proc.
 * @returns the first that was missing
 */
async function mkdirs(path: string): Promise<string | undefined> {
  const missing: string[] = []
  for (let at = path; !(await isFolder(at)); at = dirname(at)) missing.unshift(at)
  for (const each of missing)
    await mkdir(each).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' || !(await isFolder(each))) throw error // another made it meanwhile
    })
  return missing[0]
}

/** @throws where it is there and is none */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return false
  }
  throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR', syscall: 'mkdir', path })
}

/** {@link syncFolder} for a folder and those so many levels below, as far as they are there. */
export async function syncFolders(dir: string, levels: number): Promise<void> {
  try {
    const entries = levels > 0 ? await readdir(dir, { withFileTypes: true }) : []
    for (const entry of entries) if (entry.isDirectory()) await syncFolders(join(dir, entry.name), levels - 1)
    await syncFolder(dir)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
