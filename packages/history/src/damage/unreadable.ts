import { type Engine, EngineError } from '../engine/engine.ts'
import { text } from '../literal.ts'
import { TABLE } from '../schema.ts'

/** Where on disk a part of a table is, and its name, in what the engine says of it. */
const PART = /\/\S*?\/store\/[^\s/]+\/[^\s/]+\/(?!tmp_)([^\s/]+_\d+_\d+_\d+[^\s/]*)\//

/**
 * Of memory, time, room, open files, threads, and what was stopped: no sign of wrong bytes. Those that are one are too many
 * to list: any that the engine may come to where it reads what it has not written.
 */
const OTHERWISE = new Set([76, 158, 159, 173, 202, 236, 241, 243, 394, 396, 439, 735])
/** CANNOT_READ_FROM_FILE_DESCRIPTOR: the disk says it could not. */
const FAILED = 74

/** The part over which the engine failed, as it says itself; that does not prove that the part is damaged. */
export function partIn(error: unknown): { name: string; path: string } | undefined {
  if (!(error instanceof EngineError) || !isUnreadable(error.code)) return undefined
  const found = PART.exec(error.words)
  return found === null ? undefined : { path: found[0], name: found[1]! }
}

/** Why a part cannot be read. */
export interface Unreadable {
  readonly why: string
  /** The disk did not give the bytes, rather than wrong ones: that may pass. */
  readonly mayPass: boolean
}

/**
 * Has the engine read all of a part's files and compare their sums.
 * @returns undefined where they are whole, or it is no part of the table any more
 * @throws where that can't be told now
 */
export async function unreadable(engine: Engine, part: string): Promise<Unreadable | undefined> {
  const { bytes: there } = await engine.read(
    `SELECT count() FROM system.parts WHERE active AND database = 'telltale' AND table = 'events' AND name = ${text(part)}`,
  )
  if (there.toString().trim() === '0') return undefined
  const why = await wrongIn(engine, TABLE, part)
  if (why === undefined) return undefined
  const code = Number(/Code: (\d+)/.exec(why)?.[1])
  if (!isUnreadable(code)) throw new Error(`part ${part} can't be checked: ${why}`)
  return { why, mayPass: code === FAILED }
}

/** What the engine says is wrong in a table's part, all of which it reads; undefined where nothing is. */
export async function wrongIn(engine: Engine, table: string, part: string): Promise<string | undefined> {
  const { bytes } = await engine.read(`CHECK TABLE ${table} PART ${text(part)}`, {
    format: 'JSONCompactEachRow',
    timeout: CHECK_LIMIT,
  })
  const [, passed, why = ''] = JSON.parse(bytes.toString().split('\n')[0]!) as [string, number | boolean, string]
  return passed ? undefined : why
}

/** ms: it reads all of a part. */
const CHECK_LIMIT = 600_000

/** Whether the engine may have failed for what it read. */
export function isUnreadable(code: number): boolean {
  return code > 0 && !OTHERWISE.has(code)
}
