import type { Engine } from './engine/engine.ts'
import { DATABASE } from './schema.ts'

/** More names than this are not worth their reading. */
const MOST = 2000

/**
 * Which parts of the table hold nothing of this collector above a seq. Parts never change, so of their rows nobody need
 * ask for the seq, which can cost more than the rest of a query.
 */
export class Parts {
  readonly #engine: Engine
  #names: readonly string[] = []
  #seq = Number.POSITIVE_INFINITY

  constructor(engine: Engine) {
    this.#engine = engine
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
