import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Engine } from './engine/engine.ts'
import { DROPPED, partNamed } from './engine/part.ts'
import { syncFolder, syncFolders } from './lasting.ts'
import { text } from './literal.ts'
import { DATABASE, TABLE } from './schema.ts'
import { lacking } from './whole.ts'

/** More names than this are not worth their reading. */
const MOST = 2000
/** So many one after another are enough: a file of a form that is not known here is meant to be so. */
const MOST_UNKNOWN = 20
/** So many of them are remembered. */
const MOST_UNWRITTEN = 100

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
  /** How often one was not, for a file of a form that is not known, since the last look at which all were. */
  #unknown = 0
  /** Events of merged parts that were not, by name: what such a part itself says of that may be lost. */
  readonly #unwritten = new Map<string, number>()
  #checking: Promise<void> = Promise.resolve()
  /** Whose turn it is to be looked at again. */
  #turn = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Takes those that are there for whole: the engine has just compared their sizes. Whatever is wrong with them later, their
   * segments may be long gone: they must not be dropped, as new ones are.
   */
  async open(): Promise<void> {
    this.#whole = new Set((await this.#list()).map(([name]) => name))
  }

  /** How many events a merged part was to hold that the disk left unwritten; undefined where none of that name was. */
  eventsOf(unwritten: string): number | undefined {
    return this.#unwritten.get(unwritten)
  }

  /**
   * Inserts, and looks whether the disk took it. Whatever another look, or an engine that started anew, let go of meanwhile is
   * seen by who counts then what the table has.
   * @throws where the disk did not
   */
  async proving(insert: () => Promise<void>): Promise<void> {
    await insert()
    await this.check()
  }

  /**
   * Looks at the files of parts that are new: the engine may call an insert or a merge done though a disk that failed or was
   * full left one of them empty or short, and then fails to read the part, or lets go of it at its next start. Such an insert is
   * dropped; of such a merge the engine still has, for some minutes, what it merged, and takes that up when it starts anew.
   * It does not sync the folder in which it gives a part its name, so that is done here: what comes after may remove what is in it.
   * @throws where there was one
   */
  check(): Promise<void> {
    // One after another: an older look must not forget what a newer one found whole, and whose segment has gone.
    this.#checking = this.#checking.catch(() => {}).then(() => this.#check())
    return this.#checking
  }

  async #check(): Promise<void> {
    const whole = new Set<string>()
    const folders = new Set<string>()
    for (const [name, path, level, written, events] of await this.#list()) {
      const lacks = this.#whole.has(name) ? undefined : await lacking(path, written)
      if (lacks !== undefined && !(lacks.unknown && this.#unknown++ >= MOST_UNKNOWN)) {
        const what = `the disk left ${lacks.what} of part ${name} unwritten: `
        // Made of others: merged, or anew for a change of the table.
        if (level > 0 || (partNamed(name)?.version ?? 0) > 0) {
          const [oldest] = this.#unwritten.keys()
          if (this.#unwritten.size >= MOST_UNWRITTEN) this.#unwritten.delete(oldest!)
          this.#unwritten.set(name, events)
          this.#engine.restart(`${what}what was merged into it is taken up again`)
        } else {
          await writeFile(join(path, DROPPED), '', { flush: true })
          await this.#engine.command(`ALTER TABLE ${TABLE} DROP PART ${text(name)}`)
        }
        throw new Error(`${what}its events are offered again`)
      }
      whole.add(name)
      folders.add(dirname(path.replace(/\/$/, '')))
    }
    for (const folder of folders) {
      await syncFolder(folder)
      await syncFolders(join(folder, 'detached'), 0)
    }
    this.#whole = whole
    this.#unknown = 0
  }

  /**
   * Parts whose files are shorter than they were written, or gone: of those the engine may read zeros without a word. So many
   * are looked at, others the next time.
   */
  async short(most: number = Number.POSITIVE_INFINITY): Promise<string[]> {
    const list = await this.#list()
    const found: string[] = []
    for (let i = 0; i < Math.min(most, list.length); i++) {
      const [name, path, , written] = list[this.#turn++ % list.length]!
      if ((await lacking(path, written)) !== undefined) found.push(name)
    }
    return found
  }

  async #list(): Promise<[name: string, path: string, level: number, written: number, events: number][]> {
    // Parts without rows, which stand for what was let go of, have empty files.
    const { bytes } = await this.#engine.read(
      `SELECT name, path, level, toFloat64(bytes_on_disk), toFloat64(rows) FROM system.parts WHERE active AND rows > 0 AND database = '${DATABASE}' AND table = 'events' ORDER BY name`,
      { format: 'JSONCompactEachRow' },
    )
    return bytes
      .toString()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as [string, string, number, number, number])
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
