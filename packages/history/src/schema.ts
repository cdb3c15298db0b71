import { type Engine, EngineError } from './engine/engine.ts'
import type { Segment } from './journal/segment.ts'
import { text } from './literal.ts'

/** Where events are. */
export const DATABASE = 'telltale'
export const TABLE = 'telltale.events'

/** Rises with every change of the table; {@link migrate} brings older tables up. */
export const SCHEMA_VERSION = 3

const JSON_TYPE = 'JSON(max_dynamic_paths = 64, max_dynamic_types = 8)'

/**
 * Times to the microsecond, as events have them, so that ring and history agree exactly. `additional_info` is what
 * queries read; `raw` is its exact text, given back and searched. md5 is a dictionary because it repeats by design
 * (1.4 B an event against 2.3 as a string, on the bench's data); any string a client sends fits.
 */
const COLUMNS = [
  "time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))",
  "received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))",
  'collector LowCardinality(String)',
  'seq UInt64 CODEC(Delta, ZSTD(1))',
  'type LowCardinality(String)',
  'hostname LowCardinality(String)',
  'md5 LowCardinality(String)',
  'tags Array(LowCardinality(String))',
  `additional_info ${JSON_TYPE}`,
  'raw String CODEC(ZSTD(1))',
  'INDEX seq_range seq TYPE minmax GRANULARITY 4',
]

const SETTINGS = {
  // A segment goes once its part is there: then it must be on disk, not only with the operating system.
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  // Likewise a merged part, which takes the place of others.
  min_rows_to_fsync_after_merge: 1,
  min_compressed_bytes_to_fsync_after_merge: 1,
  vertical_merge_algorithm_min_rows_to_activate: 1,
  vertical_merge_algorithm_min_columns_to_activate: 1,
  ttl_only_drop_parts: 1,
  materialize_ttl_recalculate_only: 1,
  merge_with_ttl_timeout: 600,
}

/** What a line of a segment holds. `raw` is there only where the line was mended for the JSON type. */
export const STRUCTURE: string =
  'seq UInt64, collector String, type String, hostname String, time Float64, received_at Float64, tags Array(String), md5 String, additional_info String, raw String'

/** From lines of segments to rows, those left out whose seq the table has. */
export function insertMissingSql({
  collector,
  firstSeq,
  lastSeq,
}: Pick<Segment, 'collector' | 'firstSeq' | 'lastSeq'>): (source: string) => string {
  const there = `SELECT seq FROM ${TABLE} WHERE collector = ${text(collector)} AND seq BETWEEN ${firstSeq} AND ${lastSeq}`
  return source => `${insertSql(source)} AND seq NOT IN (${there})`
}

/** From lines of events that the table had, of any collector, to rows, those left out that it has. */
export function insertReadSql(source: string): string {
  return `${insertSql(source)} AND (collector, seq) NOT IN (SELECT collector, seq FROM ${TABLE} WHERE seq IN (SELECT seq FROM ${source}))`
}

/** From lines of a segment to rows. */
export function insertSql(source: string): string {
  return `INSERT INTO ${TABLE} ${ROW} ${rowsSql(source)}`
}

/** Reads lines of a segment as {@link insertSql} does, and keeps nothing: no table is touched. */
export function parseSql(source: string): string {
  return `INSERT INTO FUNCTION null() ${rowsSql(source)}`
}

/** Takes lines of a segment into a table made from nothing for that. */
export const TRIAL: { begin: readonly string[]; insert: (source: string) => string; end: string } = {
  begin: [`DROP TABLE IF EXISTS ${DATABASE}.trial SYNC`, `CREATE TABLE ${DATABASE}.trial AS ${TABLE}`],
  insert: (source: string): string => `INSERT INTO ${DATABASE}.trial ${ROW} ${rowsSql(source)}`,
  end: `DROP TABLE IF EXISTS ${DATABASE}.trial SYNC`,
}

const ROW = '(time, received_at, collector, seq, type, hostname, md5, tags, additional_info, raw)'

/** A line without seq holds the sums of others. */
function rowsSql(source: string): string {
  const micros = (column: string): string => `fromUnixTimestamp64Micro(toInt64(round(${column} * 1000)), 'UTC')`
  return `SELECT ${micros('time')}, ${micros('received_at')}, collector, seq, type, hostname, md5, tags, additional_info::${JSON_TYPE}, if(raw = '', additional_info, raw)
FROM ${source}
WHERE seq > 0`
}

/** What brings a table of a version to the next. */
const STEPS: Readonly<Record<number, string>> = {
  1: 'MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 0',
  2: 'MODIFY SETTING min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1',
}

/** Makes the table, or brings an older one up to this version. */
export async function migrate(engine: Engine): Promise<void> {
  await engine.command(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`)
  const settings = Object.entries(SETTINGS).map(([key, value]) => `${key} = ${value}`)
  await engine.command(
    `CREATE TABLE IF NOT EXISTS ${TABLE} (\n  ${COLUMNS.join(',\n  ')}\n) ENGINE = MergeTree PARTITION BY toYYYYMMDD(time) ORDER BY (type, time)\nSETTINGS ${settings.join(', ')}\nCOMMENT ${text(comment(SCHEMA_VERSION))}`,
  )
  const found = await engine.read(
    `SELECT comment FROM system.tables WHERE database = ${text(DATABASE)} AND name = 'events'`,
  )
  const version = Number(/schema (\d+)/.exec(found.bytes.toString())?.[1])
  if (version > SCHEMA_VERSION)
    throw new EngineError(
      `the history was written by a newer Telltale (schema ${version}, this one knows ${SCHEMA_VERSION}): update this one`,
      0,
    )
  for (let from = version; from < SCHEMA_VERSION; from++)
    for (const step of [STEPS[from]!, `MODIFY COMMENT ${text(comment(from + 1))}`])
      await engine.command(`ALTER TABLE ${TABLE} ${step}`)
}

function comment(version: number): string {
  return `telltale schema ${version}`
}

/**
 * Lets events go this long after they were received (not after their own time: logs of last year can be imported).
 * The engine drops parts that have wholly passed, without rewriting any.
 * @param ms Infinity keeps everything
 */
export async function retain(engine: Engine, ms: number): Promise<void> {
  const seconds = Math.ceil(ms / 1000)
  const wanted = Number.isFinite(ms) ? `toDateTime(received_at, 'UTC') + toIntervalSecond(${seconds})` : ''
  const { bytes } = await engine.read(
    `SELECT extract(create_table_query, 'TTL (.*?) SETTINGS') FROM system.tables WHERE database = ${text(DATABASE)} AND name = 'events'`,
  )
  const current = bytes.toString().trim().replaceAll("\\'", "'")
  if (current === wanted) return
  await engine.command(`ALTER TABLE ${TABLE} ${wanted === '' ? 'REMOVE TTL' : `MODIFY TTL ${wanted}`}`)
}
