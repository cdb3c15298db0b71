import { existsSync, watchFile } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HouseOptions } from '@telltale/server'
import { createJiti } from 'jiti'

/** What a telltale.config.ts exports. */
export type Config = Omit<HouseOptions, 'clock' | 'log' | 'signal'>

/** Types a configuration; returns it as it is. */
export function defineConfig(config: Config): Config {
  return config
}

const KEYS: ReadonlySet<string> = new Set([
  'host',
  'port',
  'data',
  'tokens',
  'memory',
  'latest',
  'history',
  'journal',
  'standing',
  'queries',
  'canary',
  'watchdog',
  'channels',
  'classify',
  'process',
  'calculate',
  'code',
] satisfies (keyof Config)[])

/** The file meant where none is named; undefined where there is none. */
export function findConfig(named: string | undefined): string | undefined {
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error(`there is no configuration at ${resolve(named)}`)
    return resolve(named)
  }
  return ['telltale.config.ts', 'telltale.config.js', 'telltale.config.mjs'].map(name => resolve(name)).find(existsSync)
}

/** Loads a configuration, TypeScript included. @throws with the place and the reason where it does not check */
export async function loadConfig(file: string): Promise<Config> {
  const here = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './index.ts' : './index.js', import.meta.url))
  const jiti = createJiti(import.meta.url, { moduleCache: false, fsCache: false, alias: { telltale: here } })
  let config: unknown
  try {
    // A file without anything, as one that is being written is for a moment, is not a configuration without settings.
    const given = await jiti.import<object>(file)
    config = 'default' in given ? given.default : Object.keys(given).length === 0 ? undefined : given
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`)
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new Error(`${file} must export its configuration: export default defineConfig({ … })`)
  for (const key of Object.keys(config))
    if (!KEYS.has(key)) throw new Error(`${file}: there is no setting "${key}"; there are ${[...KEYS].join(', ')}`)
  return config as Config
}

/** Calls back with each new version of the file that loads, or with why it does not. */
export function watchConfig(file: string, changed: (config: Config | Error) => void): void {
  watchFile(file, { interval: 500, persistent: false }, (now, before) => {
    if (now.mtimeMs === before.mtimeMs) return
    loadConfig(file).then(changed, changed)
  })
}
