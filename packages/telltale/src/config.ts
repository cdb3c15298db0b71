import { existsSync, watchFile } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { said } from '@telltale/pipeline'
import { type HouseOptions, settings } from '@telltale/server'
import { loadFresh } from './fresh.ts'
import { placeOf } from './stray.ts'

/** What a telltale.config.ts exports. */
export type Config = Omit<HouseOptions, 'clock' | 'log' | 'signal'>

/** Types a configuration; returns it as it is. */
export function defineConfig(config: Config): Config {
  return config
}

/** The file meant where none is named; undefined where there is none. */
export function findConfig(named: string | undefined): string | undefined {
  if (named !== undefined) {
    if (!existsSync(named)) throw new Error(`there is no configuration at ${resolve(named)}`)
    return resolve(named)
  }
  return ['telltale.config.ts', 'telltale.config.js', 'telltale.config.mjs'].map(name => resolve(name)).find(existsSync)
}

/** How long a configuration may take to load, in ms. */
const PATIENCE = 10_000

/**
 * Loads a configuration, TypeScript included, as it is on disk now, with all that it imports beside packages.
 * @throws with the place and the reason where it does not check, or does not come to an end
 */
export async function loadConfig(file: string, patience: number = PATIENCE): Promise<Config> {
  try {
    return settings(exported(await inTime(loadFresh(file), patience)))
  } catch (error) {
    throw new Error(placed(said(error), error, file))
  }
}

/** What is wrong, in one line, with its place where that is not said already. */
function placed(reason: string, error: unknown, file: string): string {
  const line = reason.trim().replaceAll(/\s*\n[\s-]*/g, ' ')
  return line.includes(file) ? line : `${placeOf(error) ?? file}: ${line}`
}

/** A file without anything, as one that is being written is for a moment, is not a configuration without settings. */
function exported(module: object): object {
  const config: unknown = 'default' in module ? module.default : Object.keys(module).length === 0 ? undefined : module
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config
  throw new Error('it must export its configuration: export default defineConfig({ … })')
}

async function inTime<T>(loading: Promise<T>, ms: number): Promise<T> {
  const enough = new AbortController()
  const late = sleep(ms, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`it did not finish loading within ${ms / 1_000} s; something it awaits does not come`)
  })
  late.catch(() => {}) // where it is not late
  try {
    return await Promise.race([loading, late])
  } finally {
    enough.abort()
  }
}

/**
 * Calls back with each new version of the file that loads, or with why it does not; with the newest only, where several are
 * being loaded.
 * @returns loads it again, whether it has changed or not
 */
export function watchConfig(file: string, changed: (config: Config | Error) => void): () => void {
  let newest = 0
  const load = (): void => {
    const mine = ++newest
    const take = (loaded: Config | Error): void => {
      if (mine === newest) changed(loaded)
    }
    loadConfig(file).then(take, take)
  }
  watchFile(file, { interval: 500, persistent: false }, (now, before) => {
    if (now.mtimeMs !== before.mtimeMs) load()
  })
  return load
}
