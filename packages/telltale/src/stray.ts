import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock, EventInput } from '@telltale/event'
import { said } from '@telltale/pipeline'

/** Where something that failed came from. */
export type Blame = 'ours' | "the configuration's"

/** Whether a file is of this program, and neither the user's nor one of a package that both may use. */
export function isOurs(file: string): boolean {
  return ROOTS.some(root => file.startsWith(root))
}

/** This package, and the folder where the others are beside each other. */
const ROOTS: readonly string[] = [
  dirname(fileURLToPath(import.meta.url)),
  join(dirname(realpathSync(createRequire(import.meta.url).resolve('@telltale/event'))), '..', '..'),
].map(folder => folder + sep)

/**
 * Who is to blame for what was thrown where nobody catches. A place of the user's in its stack says it; where there is
 * none, one of ours does. What shows neither, as a socket that nobody listens to, harms no state of ours.
 */
export function blame(error: unknown, ours: (file: string) => boolean = isOurs): Blame {
  const files = placesIn(stackOf(error)).map(({ file }) => file)
  return files.some(ours) && !files.some(file => isUsers(file, ours)) ? 'ours' : "the configuration's"
}

/** What a person may read of it, whatever was thrown. */
export function stackOf(error: unknown): string {
  try {
    if (error instanceof Error && typeof error.stack === 'string') return error.stack
  } catch {}
  return said(error)
}

/** The user's own place that an error comes from, where it shows one: `/home/me/telltale.config.ts:3:9`. */
export function placeOf(error: unknown): string | undefined {
  const place = placesIn(stackOf(error)).find(({ file }) => !file.includes(`${sep}node_modules${sep}`))
  return place && !isOurs(place.file) ? `${place.file}:${place.at}` : undefined
}

function isUsers(file: string, ours: (file: string) => boolean): boolean {
  return !ours(file) && !file.includes(`${sep}node_modules${sep}`)
}

function placesIn(stack: string): { file: string; at: string }[] {
  const frames = stack.matchAll(/^\s+at (?:.*\()?(?:async )?((?:file:\/\/)?\/.*?):(\d+(?::\d+)?)\)?$/gm)
  return [...frames].map(([, name = '', at = '']) => {
    const file = name.replace(/[?#].*$/, '')
    return { file: file.startsWith('file:') && URL.canParse(file) ? fileURLToPath(file) : file, at }
  })
}

/** What is told of one thing, at most, in ms. */
const EVERY = 1_000
/** Different things told in that time; more are only counted. */
const MOST = 20

/** What fails where nobody waits for it: told as a line and an event, each thing once a second, with the count. */
export class Strays {
  readonly #clock: Clock
  readonly #log: (message: string) => void
  readonly #tell: (event: EventInput) => void
  /** How often each came since it was told. */
  readonly #counts = new Map<string, number>()

  constructor(clock: Clock, log: (message: string) => void, tell: (event: EventInput) => void) {
    this.#clock = clock
    this.#log = log
    this.#tell = tell
  }

  say(type: string, what: string, error: unknown): void {
    const message = `${what}: ${stackOf(error)}`
    const key = this.#counts.has(message) || this.#counts.size < MOST ? message : 'others'
    const count = this.#counts.get(key)
    this.#counts.set(key, (count ?? 0) + 1)
    if (count !== undefined) return
    this.#told(key, type, message)
  }

  #told(key: string, type: string, message: string): void {
    const count = this.#counts.get(key)!
    this.#counts.set(key, 0)
    this.#log(count === 1 ? message : `${count} times within a second: ${message}`)
    this.#tell({ type, tags: ['telltale'], message: message.slice(0, 4_000), count })
    this.#clock.after(EVERY, () => {
      if (this.#counts.get(key)! > 0) this.#told(key, type, message)
      else this.#counts.delete(key)
    })
  }
}
