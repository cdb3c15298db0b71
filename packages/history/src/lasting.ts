import { mkdir, open, readdir } from 'node:fs/promises'
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
  const first = (await mkdir(path, { recursive: true })) ?? path
  for (let at = path; at.length >= first.length; at = dirname(at))
    await syncFolder(dirname(at)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw error // one we may pass, but not look into
    })
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
