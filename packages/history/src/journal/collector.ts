import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COLLECTOR } from './segment.ts'

/** The collector's name kept in a folder of segments; made once. */
export async function collectorOf(dir: string): Promise<string> {
  const path = join(dir, 'collector')
  try {
    const id = (await readFile(path, 'utf8')).trim()
    if (COLLECTOR.test(id)) return id
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const id = randomBytes(6).toString('hex')
  await writeFile(`${path}.new`, `${id}\n`, { flush: true })
  await rename(`${path}.new`, path)
  return id
}
