import { type FSWatcher, readdirSync, watch } from 'node:fs'
import { join } from 'node:path'

/** Where a kill hurts most: as the journal's or the engine's files are made, renamed or removed. */
export type Target = 'journal' | 'parts'

/** Resolves with the next change of such files, or after ms. */
export async function nextChange(data: string, target: Target, ms: number): Promise<string> {
  const watchers: FSWatcher[] = []
  try {
    return await new Promise<string>(resolve => {
      const timer = setTimeout(() => resolve('nothing changed'), ms)
      const changed = (kind: string, name: string | null): void => {
        if (kind !== 'rename') return
        clearTimeout(timer)
        resolve(String(name))
      }
      for (const folder of target === 'journal' ? [join(data, 'journal')] : tables(data))
        watchers.push(watch(folder, changed).on('error', () => {}))
    })
  } finally {
    for (const watcher of watchers) watcher.close()
  }
}

/** The folders of the engine's tables. */
export function tables(data: string): string[] {
  try {
    const store = join(data, 'history/data/store')
    const all = readdirSync(store).flatMap(a => readdirSync(join(store, a)).map(b => join(store, a, b)))
    return all.filter(folder => readdirSync(folder).includes('detached'))
  } catch {
    return []
  }
}
