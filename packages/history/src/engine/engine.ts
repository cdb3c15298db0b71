/** What holds the events and runs SQL over them: chDB in a child process, or a ClickHouse server by URL. */
export interface Engine {
  readonly state: EngineState
  /** Times it was started again after a failure. */
  readonly restarts: number
  /** Resolves once it answers; rejects with a sentence where it never will ({@link EngineState} says why). */
  start(): Promise<void>
  stop(): Promise<void>
  /** Runs a read. @returns the answer's bytes in the format asked for. The SQL must name no settings and no format. */
  read(sql: string, options?: ReadOptions): Promise<Answer>
  /** Runs SQL a person wrote, where it can only read, within {@link SANDBOX}'s bounds. The current database is Telltale's. */
  sandboxed(sql: string, options?: Pick<ReadOptions, 'format' | 'signal'>): Promise<Answer>
  /** Runs DDL or another command that answers nothing. */
  command(sql: string): Promise<void>
  /** Inserts the JSON lines of a file, all or nothing per day. */
  load(load: Load): Promise<void>
  /** Ends it where it stands; it comes up again by itself. */
  restart(why: string): void
  /** Calls back when it has come up again after a failure. */
  onReady(listener: () => void): () => void
}

export type EngineState =
  | { readonly kind: 'stopped' | 'ready' }
  /** It comes up; with the reason where it does so after a failure. */
  | { readonly kind: 'starting'; readonly reason?: string }
  /** It failed and is being started again. */
  | { readonly kind: 'down'; readonly reason: string }
  /** It can't run here at all. */
  | { readonly kind: 'unavailable'; readonly reason: string }

export interface ReadOptions {
  /** Default TabSeparatedRaw. */
  format?: string
  /** ms the engine may work on it. Default 30,000. */
  timeout?: number
  /** Bytes of memory it may use. Default: half of the engine's. */
  memory?: number
  /** Further settings of this read. */
  settings?: Readonly<Record<string, number | string>>
  signal?: AbortSignal
}

export interface Answer {
  bytes: Buffer
}

export interface Load {
  /** Of one folder. */
  files: readonly string[]
  /** INSERT … SELECT … FROM the given source, without SETTINGS. */
  sql: (source: string) => string
  /** Columns of the files, as ClickHouse writes them. */
  structure: string
}

/** There was no engine to ask. */
export const ABSENT = 0
/** It went away while it worked on this. */
export const DIED: number = -1

/** Why SQL failed. */
export class EngineError extends Error {
  /** ClickHouse's error code; {@link ABSENT} or {@link DIED} where the engine itself was at fault. */
  readonly code: number
  /** The engine's own. */
  readonly words: string

  constructor(message: string, code: number) {
    super(SENTENCES[code] ?? message)
    this.name = 'EngineError'
    this.code = code
    this.words = message
  }

  /** The data is at fault, not the engine: the same data will fail again. */
  get data(): boolean {
    return DATA_ERRORS.has(this.code)
  }

  /** It crashed, or was killed, over this. */
  get died(): boolean {
    return this.code === DIED
  }

  /** There was too much to hold at once: of memory, or of an answer. */
  get large(): boolean {
    return this.code === MEMORY_LIMIT || this.code === RESULT_LIMIT
  }

  /** The engine was not there, or did not live to answer; it comes back. */
  get gone(): boolean {
    return this.code === ABSENT || this.died
  }

  /** Perhaps there was too much data at once, or something in it that makes the engine crash: less of it may do. */
  get heavy(): boolean {
    return this.died || this.code === MEMORY_LIMIT
  }
}

/** What went wrong as a person would say it, by ClickHouse's code. */
const SENTENCES: Readonly<Record<number, string>> = {
  40: 'a part of the history is damaged on disk (its checksum is wrong): within seconds it is set aside, and what can be read of it answers; ask again then, or choose a time range without it',
  158: 'the query makes too many groups: group by fewer or coarser keys, or narrow the filter or the time range',
  159: 'the query took longer than it may: narrow its time range or its filter',
  241: 'the query needs more memory than it may use: group by fewer keys, or narrow its time range or its filter',
  394: 'the query was stopped',
  396: 'the answer is larger than may be: add a limit, or narrow the query',
}

/** CANNOT_PARSE_…, INCORRECT_DATA, TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND, TOO_DEEP_RECURSION, VALUE_IS_OUT_OF_RANGE and kin. */
const DATA_ERRORS = new Set([
  6, 20, 23, 24, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 306, 321, 407, 467, 675, 676,
])

const MEMORY_LIMIT = 241
const RESULT_LIMIT = 396

/** Settings that make one insert one part per day, all or nothing. */
export const ONE_PART: Readonly<Record<string, number>> = {
  max_insert_threads: 1,
  max_threads: 2,
  min_insert_block_size_rows: 2_000_000,
  min_insert_block_size_bytes: 0,
  max_insert_block_size: 2_000_000,
  max_partitions_per_insert_block: 0,
  async_insert: 0,
  insert_deduplicate: 0,
  input_format_try_infer_dates: 0,
  input_format_try_infer_datetimes: 0,
  type_json_skip_duplicated_paths: 1,
  // By default [1, true] would become [1, 1], and ["x", true] ["x", "true"].
  input_format_json_read_bools_as_numbers: 0,
  input_format_json_read_bools_as_strings: 0,
  input_format_json_read_numbers_as_strings: 0,
  input_format_json_read_arrays_as_strings: 0,
  input_format_parallel_parsing: 1,
}

/** Bounds of SQL written by a person. */
export const SANDBOX: Readonly<Record<'seconds' | 'rows' | 'bytes', number>> = {
  seconds: 30,
  rows: 1_000_000,
  bytes: 67_108_864,
}
