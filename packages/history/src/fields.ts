import { isUnreadable, partIn } from './damage/unreadable.ts'
import { type Engine, EngineError } from './engine/engine.ts'
import type { Segment } from './journal/segment.ts'
import { text } from './literal.ts'
import { DATABASE, TABLE } from './schema.ts'

const FIELDS = `${DATABASE}.fields`
/** Pairs of path and type kept; a sender that makes up keys must not fill memory. */
const MOST = 50_000
/** ms to count what a segment brought, or a day. */
const COUNT_LIMIT = { segment: 120_000, day: 600_000 }

/** What is not in it is looked for in no event: it must outlive a power cut as the events do. */
const SYNCED =
  'fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1'
/** In the table: it does not say all. */
const UNCOUNTED: Pair = ['', '*']

type Pair = readonly [path: string, type: string]

/**
 * Which types every path of additional_info ever had in history, so that SQL reads only the subcolumns there are.
 * It only grows, and is brought up to date before the flushed mark moves: what is not in it is in no event. Where it was
 * damaged any path may hold anything, until it is made anew from the events ({@link recount}).
 */
export class Fields {
  readonly #engine: Engine
  readonly #types = new Map<string, Set<string>>()
  #pairs = 0
  /** Events may hold what is not in it. */
  #uncounted = false
  /** How often something could not be counted. */
  #misses = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The ClickHouse types found at a path, `undefined` where they are not known (too many paths to keep). */
  types(path: string): ReadonlySet<string> | undefined {
    return this.full ? undefined : (this.#types.get(path) ?? NONE)
  }

  /** Every known path at or below this one; `undefined` where they are not all known. */
  below(path: string): string[] | undefined {
    if (this.full) return undefined
    return [...this.#types.keys()].filter(other => path === '' || other.startsWith(`${path}.`))
  }

  /** Paths by rising name with their types, for completion. */
  get all(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#types
  }

  /** Any path may hold anything. */
  get full(): boolean {
    return this.#pairs >= MOST || this.#uncounted
  }

  /** Makes the table if missing and reads it; anew where it can't be read, or lacks what the events have. */
  async open(): Promise<void> {
    await this.#make()
    const pairs = await this.#read()
    if (pairs === undefined) await this.#forget()
    // What is learned meanwhile, by who hands over while the engine came up anew, is not among these, and stays.
    for (const pair of pairs ?? [UNCOUNTED])
      if (isUncounted(pair)) this.#uncounted = true
      else this.#add(pair)
  }

  /** Takes over what a segment just loaded brought. */
  async learn({ collector, firstSeq, lastSeq }: Pick<Segment, 'collector' | 'firstSeq' | 'lastSeq'>): Promise<void> {
    if (this.#pairs >= MOST) return
    try {
      const where = `collector = ${text(collector)} AND seq BETWEEN ${firstSeq} AND ${lastSeq}`
      await this.#keep(await this.#found(where, COUNT_LIMIT.segment))
    } catch (error) {
      if (!(error instanceof EngineError) || error.code === 0 || partIn(error) !== undefined) throw error
      // Too much to count: from now on any path may hold anything.
      this.#misses++
      if (!this.#uncounted) await this.#insert([UNCOUNTED])
      this.#uncounted = true
    }
  }

  /**
   * Where the list does not say all: counts all there is, day by day. To be called while nothing comes into the table but
   * what is learned here too.
   */
  async recount(): Promise<void> {
    if (!this.#uncounted) return
    const misses = this.#misses
    const { bytes } = await this.#engine.read(
      `SELECT DISTINCT partition_id FROM system.parts WHERE active AND rows > 0 AND database = '${DATABASE}' AND table = 'events'`,
    )
    for (const day of linesOf(bytes)) await this.#keep(await this.#found(`toYYYYMMDD(time) = ${day}`, COUNT_LIMIT.day))
    if (this.#misses !== misses || this.#pairs >= MOST) return
    const [, marker] = UNCOUNTED
    // Not waited for: while merges are stopped, as on a nearly full disk, that would keep all else from the engine.
    await this.#engine.command(`ALTER TABLE ${FIELDS} DELETE WHERE type = ${text(marker)} SETTINGS mutations_sync = 0`)
    this.#uncounted = false
  }

  async #make(): Promise<void> {
    await this.#engine.command(
      `CREATE TABLE IF NOT EXISTS ${FIELDS} (path String, type String) ENGINE = ReplacingMergeTree ORDER BY (path, type) SETTINGS ${SYNCED}`,
    )
    // Of an earlier version; each change writes the table's definition anew, so none is made without need.
    const made = await this.#engine.read(
      `SELECT create_table_query FROM system.tables WHERE database = '${DATABASE}' AND name = 'fields'`,
    )
    if (!made.bytes.includes(SYNCED)) await this.#engine.command(`ALTER TABLE ${FIELDS} MODIFY SETTING ${SYNCED}`)
  }

  /** @returns undefined where it is damaged, or empty beside events: a kill while it was made anew */
  async #read(): Promise<Pair[] | undefined> {
    const count = async (what: string): Promise<number> =>
      Number((await this.#engine.read(`SELECT count() FROM ${what}`)).bytes.toString())
    try {
      const { bytes } = await this.#engine.read(`SELECT DISTINCT path, type FROM ${FIELDS} LIMIT ${MOST}`, {
        format: 'JSONCompactEachRow',
      })
      const pairs = linesOf(bytes).map(line => JSON.parse(line) as [string, string])
      const lost = await count(`system.detached_parts WHERE database = '${DATABASE}' AND table = 'fields'`)
      if (lost > 0 || (pairs.length === 0 && (await count(TABLE)) > 0)) return undefined
      return pairs
    } catch (error) {
      if (error instanceof EngineError && isUnreadable(error.code)) return undefined
      throw error
    }
  }

  /** Begins anew with a list that says that it does not say all. */
  async #forget(): Promise<void> {
    await this.#engine.command(`DROP TABLE IF EXISTS ${FIELDS} SYNC`)
    await this.#make()
    await this.#insert([UNCOUNTED, ...this.#list()])
  }

  *#list(): Generator<Pair> {
    for (const [path, types] of this.#types) for (const type of types) yield [path, type]
  }

  async #keep(found: readonly [string, string[]][]): Promise<void> {
    const fresh = found
      .flatMap(([path, types]) => types.map((type): Pair => [path, type]))
      .filter(([path, type]) => this.#types.get(path)?.has(type) !== true)
      .slice(-(MOST - this.#pairs))
    if (fresh.length === 0) return
    await this.#insert(fresh)
    for (const pair of fresh) this.#add(pair)
  }

  #insert(pairs: readonly Pair[]): Promise<void> {
    const values = pairs.map(([path, type]) => `(${text(path)}, ${text(type)})`)
    return this.#engine.command(`INSERT INTO ${FIELDS} (path, type) VALUES ${values.join(', ')}`)
  }

  async #found(where: string, timeout: number): Promise<[string, string[]][]> {
    const all = `SELECT arrayJoin(CAST(distinctJSONPathsAndTypes(additional_info), 'Array(Tuple(path String, types Array(String)))')) AS found
FROM ${TABLE} WHERE ${where}`
    const { bytes } = await this.#engine.read(`SELECT found.path, found.types FROM (${all}) LIMIT ${MOST}`, {
      format: 'JSONCompactEachRow',
      timeout,
    })
    return linesOf(bytes).map(line => JSON.parse(line) as [string, string[]])
  }

  #add([path, type]: Pair): void {
    if (this.#pairs >= MOST) return
    const types = this.#types.get(path) ?? new Set()
    if (types.has(type)) return
    this.#types.set(path, types.add(type))
    this.#pairs++
  }
}

function isUncounted([path, type]: Pair): boolean {
  return path === UNCOUNTED[0] && type === UNCOUNTED[1]
}

function linesOf(bytes: Buffer): string[] {
  return bytes.toString().split('\n').filter(Boolean)
}

const NONE: ReadonlySet<string> = new Set()
