import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from './engine/engine.ts'
import { text } from './literal.ts'
import { DATABASE, TABLE } from './schema.ts'

/** More names than this are not worth their reading. */
const MOST = 2000
/** So many tries are enough: what is empty then is meant to be. */
const MOST_FAILURES = 5
/** Files of a part that are never empty. Those of single columns may be. */
const NEVER_EMPTY =
  /^(checksums|columns|columns_substreams|count|default_compression_codec|metadata_version)\.txt$|^(serialization\.json|partition\.dat|minmax_time\.idx|primary\.cidx|data\.\w+|skp_idx_\w+\.\w+)$/

/**
 * Which parts of the table hold nothing of this collector above a seq. Parts never change, so of their rows nobody need
 * ask for the seq, which can cost more than the rest of a query.
 */
export class Parts {
  readonly #engine: Engine
  #names: readonly string[] = []
  #seq = Number.POSITIVE_INFINITY
  /** Those that were found to be whole on disk. */
  #whole: ReadonlySet<string> = new Set()
  /** Parts that were not, since the last look at which all were. */
  #failed = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Looks at the files of parts that are new: the engine may call an insert or a merge done though a disk that failed or was
   * full left one of them empty, and then fails to read the part, or lets go of it at its next start. Such an insert is
   * dropped; of such a merge the engine still has, for some minutes, what it merged, and takes that up when it starts anew.
   * @throws where there was one: what was inserted must be offered again
   */
  async check(): Promise<void> {
    // Parts without rows, which stand for what was let go of, have empty files.
    const { bytes } = await this.#engine.read(
      `SELECT name, path, level FROM system.parts WHERE active AND rows > 0 AND database = '${DATABASE}' AND table = 'events'`,
      { format: 'JSONCompactEachRow' },
    )
    const whole = new Set<string>()
    for (const line of bytes.toString().split('\n').filter(Boolean)) {
      const [name, path, level] = JSON.parse(line) as [string, string, number]
      const empty = this.#whole.has(name) ? undefined : await emptyFile(path)
      if (empty !== undefined && this.#failed++ < MOST_FAILURES) {
        const what = `the disk left ${empty} of part ${name} empty: `
        if (level > 0) this.#engine.restart(`${what}what was merged into it is taken up again`)
        else await this.#engine.command(`ALTER TABLE ${TABLE} DROP PART ${text(name)}`)
        throw new Error(`${what}its events are offered again`)
      }
      whole.add(name)
    }
    this.#whole = whole
    this.#failed = 0
  }

  /** Must be called while the table holds nothing of this collector above the seq. */
  async note(seq: number): Promise<void> {
    const { bytes } = await this.#engine.read(
      `SELECT name FROM system.parts WHERE active AND database = '${DATABASE}' AND table = 'events' LIMIT ${MOST + 1}`,
    )
    const names = bytes.toString().split('\n').filter(Boolean)
    this.#names = names.length > MOST ? [] : names
    this.#seq = seq
  }

  /** The names of parts all of whose rows are at or below a seq. There may be others. */
  below(seq: number): readonly string[] {
    return seq >= this.#seq ? this.#names : []
  }
}

/** The name of a file that is empty and must not be; undefined where none is, or the part has been merged. */
async function emptyFile(path: string): Promise<string | undefined> {
  try {
    for (const name of await readdir(path))
      if (NEVER_EMPTY.test(name) && (await stat(join(path, name))).size === 0) return name
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return undefined
}
