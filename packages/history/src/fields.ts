import { partIn } from './damage/unreadable.ts'
import { type Engine, EngineError } from './engine/engine.ts'
import type { Segment } from './journal/segment.ts'
import { text } from './literal.ts'
import { DATABASE, TABLE } from './schema.ts'

const FIELDS = `${DATABASE}.fields`
/** Pairs of path and type kept; a sender that makes up keys must not fill memory. */
const MOST = 50_000

/** What is not in it is looked for in no event: it must outlive a power cut as the events do. */
const SYNCED =
  'fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1'

/**
 * Which types every path of additional_info ever had in history, so that SQL reads only the subcolumns there are.
 * It only grows, and is brought up to date before the flushed mark moves: what is not in it is in no event.
 */
export class Fields {
  readonly #engine: Engine
  readonly #types = new Map<string, Set<string>>()
  #pairs = 0

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

  get full(): boolean {
    return this.#pairs >= MOST || this.#types.get('')?.has(UNCOUNTED) === true
  }

  /** Makes the table if missing and reads it. */
  async open(): Promise<void> {
    await this.#engine.command(
      `CREATE TABLE IF NOT EXISTS ${FIELDS} (path String, type String) ENGINE = ReplacingMergeTree ORDER BY (path, type) SETTINGS ${SYNCED}`,
    )
    // Of an earlier version; each change writes the table's definition anew, so none is made without need.
    const made = await this.#engine.read(
      `SELECT create_table_query FROM system.tables WHERE database = '${DATABASE}' AND name = 'fields'`,
    )
    if (!made.bytes.includes(SYNCED)) await this.#engine.command(`ALTER TABLE ${FIELDS} MODIFY SETTING ${SYNCED}`)
    const { bytes } = await this.#engine.read(`SELECT DISTINCT path, type FROM ${FIELDS} LIMIT ${MOST}`, {
      format: 'JSONCompactEachRow',
    })
    // What is learned meanwhile, by who hands over while the engine came up anew, is not in these bytes, and stays.
    for (const line of bytes.toString().split('\n'))
      if (line !== '') this.#add(...(JSON.parse(line) as [string, string]))
    const { bytes: lost } = await this.#engine.read(
      `SELECT count() FROM system.detached_parts WHERE database = '${DATABASE}' AND table = 'fields'`,
    )
    if (lost.toString().trim() !== '0') this.#add('', UNCOUNTED) // a part was damaged: any path may hold anything
  }

  /** Takes over what a segment just loaded brought. */
  async learn(segment: Pick<Segment, 'collector' | 'firstSeq' | 'lastSeq'>): Promise<void> {
    if (this.full) return
    const fresh: [path: string, type: string][] = []
    try {
      for (const [path, types] of await this.#found(segment))
        for (const type of types) if (this.#types.get(path)?.has(type) !== true) fresh.push([path, type])
    } catch (error) {
      if (!(error instanceof EngineError) || error.code === 0 || partIn(error) !== undefined) throw error
      fresh.push(['', UNCOUNTED]) // too much to count: from now on any path may hold anything
    }
    const kept = fresh.slice(-(MOST - this.#pairs))
    if (kept.length === 0) return
    const values = kept.map(([path, type]) => `(${text(path)}, ${text(type)})`)
    await this.#engine.command(`INSERT INTO ${FIELDS} (path, type) VALUES ${values.join(', ')}`)
    for (const [path, type] of kept) this.#add(path, type)
  }

  async #found({
    collector,
    firstSeq,
    lastSeq,
  }: Pick<Segment, 'collector' | 'firstSeq' | 'lastSeq'>): Promise<[string, string[]][]> {
    const all = `SELECT arrayJoin(CAST(distinctJSONPathsAndTypes(additional_info), 'Array(Tuple(path String, types Array(String)))')) AS found
FROM ${TABLE} WHERE collector = ${text(collector)} AND seq BETWEEN ${firstSeq} AND ${lastSeq}`
    const { bytes } = await this.#engine.read(`SELECT found.path, found.types FROM (${all}) LIMIT ${MOST}`, {
      format: 'JSONCompactEachRow',
      timeout: 120_000,
    })
    return linesOf(bytes).map(line => JSON.parse(line) as [string, string[]])
  }

  #add(path: string, type: string): void {
    if (this.full) return
    const types = this.#types.get(path) ?? new Set()
    if (types.has(type)) return
    this.#types.set(path, types.add(type))
    this.#pairs++
  }
}

/** Stands for types that were never counted. */
const UNCOUNTED = '*'

function linesOf(bytes: Buffer): string[] {
  return bytes.toString().split('\n').filter(Boolean)
}

const NONE: ReadonlySet<string> = new Set()
