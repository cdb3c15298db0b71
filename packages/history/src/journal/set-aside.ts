import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, syncFolder } from '../lasting.ts'
import type { Segment } from './segment.ts'

/** Keeps lines that are no events any more, or that the engine does not take, in `refused/` for a person to look at, and on disk. */
export async function setAside(
  segment: Pick<Segment, 'path' | 'name'>,
  lines: readonly (Buffer | string)[],
): Promise<void> {
  const dir = join(dirname(segment.path), 'refused')
  await makeFolder(dir)
  const file = await open(join(dir, segment.name), 'a')
  try {
    for (const line of lines) await file.writeFile(line)
    await file.datasync()
  } finally {
    await file.close()
  }
  await syncFolder(dir)
}
