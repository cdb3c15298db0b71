import { access, statfs, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { makeFolder } from '../lasting.ts'
import { text } from '../literal.ts'
import { Child, GRACE, type Job, type Pool } from './child.ts'
import { ENGINE_MEMORY, engineConfig } from './config.ts'
import {
  ABSENT,
  type Answer,
  type Engine,
  EngineError,
  type EngineState,
  type Load,
  ONE_PART,
  type ReadOptions,
  SANDBOX,
} from './engine.ts'
import { mendOverlaps, mendParts, removeDropped } from './mend-parts.ts'
import { keepMetadata, mendMetadata, syncTables } from './metadata.ts'
import { type EngineNews, Outage } from './outage.ts'
import { rowsOf } from './part.ts'
import { bury, forget, note } from './pid-file.ts'
import { isScarce, mayMerge } from './room.ts'
import { settingsClause } from './settings.ts'
import { mendShortMerges } from './short-merges.ts'

export interface EmbeddedOptions {
  /** The folder that is the child's alone. */
  path: string
  /** Bytes of memory the engine may use, about; it overshoots by some 400 MB under heavy queries. Default 800 MB. */
  memory?: number
  /** Reads at the same time. Default 2. */
  readers?: number
  /** ms without a beat after which the child counts as hung and is killed. Default 10,000. */
  hungAfter?: number
  log?: (message: string) => void
  /** It went, or is back. */
  onNews?: (news: EngineNews) => void
}

const LOAD_LIMIT = 600_000
/** Of what only defines tables. */
const DEFINITION = /^(CREATE|DROP) | MODIFY /
const DEFINITION_LIMIT = 30_000
const MB = 1e6
const MERGES: Readonly<Record<'start' | 'stop', Job>> = {
  start: { pool: 'admin', sql: 'SYSTEM START MERGES', limit: GRACE },
  stop: { pool: 'admin', sql: 'SYSTEM STOP MERGES', limit: GRACE },
}
const MOST_PARTS =
  'SELECT count() AS parts FROM system.parts WHERE active GROUP BY table, partition_id ORDER BY parts DESC LIMIT 1'
const BACK_OFF = { first: 200, most: 30_000 }

/** chDB in a process of its own: a crash or a hang there costs a restart, never Telltale. */
export function embedded(options: EmbeddedOptions): Engine {
  return new Embedded(options)
}

class Embedded implements Engine {
  state: EngineState = { kind: 'stopped' }
  readonly #path: string
  readonly #memory: number
  readonly #readers: number
  readonly #hungAfter: number
  readonly #log: (message: string) => void
  readonly #tell: (news: EngineNews) => void
  readonly #outage = new Outage()
  #child: Child | undefined
  #tags = 1
  #watch: NodeJS.Timeout | undefined
  #backOff = BACK_OFF.first
  #comingUp: Promise<void> | undefined
  #stopping = false
  /** Done once the sandbox's session can no longer do harm. */
  #fence: Promise<void> | undefined
  readonly #listeners = new Set<() => void>()
  #merging = true
  #minding: Promise<void> | undefined
  /** One after another: they write the same file. */
  #keeping: Promise<string[]> = Promise.resolve([])

  constructor(options: EmbeddedOptions) {
    this.#path = resolve(options.path)
    this.#memory = options.memory ?? ENGINE_MEMORY
    this.#readers = options.readers ?? 2
    this.#hungAfter = options.hungAfter ?? 10_000
    this.#log = options.log ?? (() => {})
    this.#tell = options.onNews ?? (() => {})
  }

  get restarts(): number {
    return this.#outage.restarts
  }

  async start(): Promise<void> {
    this.#stopping = false
    await makeFolder(this.#path)
    await bury(this.#path)
    this.#goOn()
    await this.#comeUp()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    this.#watch = undefined
    const child = this.#child
    const idle = this.state.kind !== 'ready'
    this.state = { kind: 'stopped' }
    if (child === undefined) return
    await child.close(!idle)
    await forget(this.#path)
  }

  async read(sql: string, options: ReadOptions = {}): Promise<Answer> {
    const { timeout = 30_000, memory = Math.floor(this.#memory / 2), format = 'TabSeparatedRaw', signal } = options
    signal?.throwIfAborted()
    const tag = `telltale-${process.pid}-${this.#tags++}`
    const settings = {
      ...options.settings,
      max_execution_time: timeout / 1000,
      max_memory_usage: memory,
      // Of the columns of an answer, such as the counts of all values for top(x): all of it comes over at once.
      max_result_bytes: memory,
      result_overflow_mode: 'throw',
      max_bytes_before_external_group_by: Math.floor(memory / 2),
      max_bytes_before_external_sort: Math.floor(memory / 2),
      output_format_json_escape_forward_slashes: 0,
      log_comment: tag,
    }
    const where = `Settings['log_comment'] = ${text(tag)}`
    return this.#stoppable(where, signal, () =>
      this.#run({ pool: 'read', sql: `${sql}\n${settingsClause(settings)}`, limit: timeout, format, signal }),
    )
  }

  async sandboxed(sql: string, { format, signal }: Pick<ReadOptions, 'format' | 'signal'> = {}): Promise<Answer> {
    signal?.throwIfAborted()
    await this.#comingUp
    await (this.#fence ??= this.#fenceIn())
    const tag = `telltale-${process.pid}-${this.#tags++}`
    // Not the statement that kills: it holds the tag in a literal.
    const where = `startsWith(query, ${text(`/* ${tag} */`)})`
    return this.#stoppable(where, signal, () =>
      this.#run({ pool: 'sandbox', sql: `/* ${tag} */ ${sql}`, limit: SANDBOX.seconds * 1000, format, signal }),
    )
  }

  /** Runs a query, and kills it as often as it takes once the signal says so: it may not have begun the first time. */
  async #stoppable(where: string, signal: AbortSignal | undefined, run: () => Promise<Answer>): Promise<Answer> {
    let again: NodeJS.Timeout | undefined
    const kill = (): void => {
      this.#run({ pool: 'admin', sql: `KILL QUERY WHERE ${where} ASYNC`, limit: GRACE }).catch(() => {})
      again = setTimeout(kill, 100).unref()
    }
    signal?.addEventListener('abort', kill, { once: true })
    try {
      return await run()
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', kill)
      clearTimeout(again)
    }
  }

  /** What is set before `readonly` holds for the session's life, and nothing can be set after. */
  async #fenceIn(): Promise<void> {
    const memory = Math.floor(this.#memory / 2)
    const bounds = `max_execution_time = ${SANDBOX.seconds}, max_memory_usage = ${memory}, max_result_rows = ${SANDBOX.rows}, max_result_bytes = ${SANDBOX.bytes}`
    for (const sql of [
      'USE telltale',
      `SET ${bounds}, result_overflow_mode = 'throw', max_ast_depth = 200, http_max_tries = 1, readonly = 1`,
    ])
      await this.#run({ pool: 'sandbox', sql, limit: GRACE })
  }

  async command(sql: string): Promise<void> {
    const defines = DEFINITION.test(sql)
    await this.#run({ pool: 'ingest', sql, limit: defines ? DEFINITION_LIMIT : LOAD_LIMIT })
    // A table that is new knows nothing of what was said before.
    if (defines && !this.#merging) await this.#run(MERGES.stop)
    this.#keeping = this.#keeping.catch(() => []).then(() => keepMetadata(this.#path))
    const broken = await this.#keeping
    if (broken.length === 0) return
    const why = `the disk left definitions of tables unwritten: ${broken.join(', ')}`
    this.restart(why)
    throw new EngineError(why, ABSENT)
  }

  async load({ files, sql, structure }: Load): Promise<void> {
    // Relative to the child's own folder: file() takes * ? { } in a path for wildcards.
    const [first, ...others] = files.map(file => relative(this.#path, resolve(file))) as [string, ...string[]]
    const path = others.length === 0 ? first : join(dirname(first), `{${files.map(file => basename(file))}}`)
    const source = `file(${text(path)}, JSONEachRow, ${text(structure)})`
    await this.#run({ pool: 'ingest', sql: `${sql(source)}\n${settingsClause(ONE_PART)}`, limit: LOAD_LIMIT })
  }

  restart(why: string): void {
    this.#log(`the history engine is started anew: ${why}`)
    this.#child?.kill(why)
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #run(job: Job): Promise<Answer> {
    if (this.state.kind === 'stopped') throw new EngineError('the history engine is stopped', ABSENT)
    await this.#comingUp
    if (this.state.kind === 'unavailable' || this.state.kind === 'down')
      throw new EngineError(this.state.reason, ABSENT)
    if (this.#child === undefined) throw new EngineError('the history engine went away', ABSENT)
    return this.#child.run(job)
  }

  /** One child after another until one is ready. Rejects where none ever will be. */
  #comeUp(): Promise<void> {
    const { reason } = this.#outage
    this.state =
      reason === undefined ? { kind: 'starting' } : { kind: 'starting', reason: `again, it went down: ${reason}` }
    const up = this.#spawn()
    this.#comingUp = up.catch((error: Error) => this.#notUp(error.message))
    return up
  }

  async #spawn(): Promise<void> {
    const mended = await mendMetadata(this.#path)
    if (mended.length > 0) this.#log(`definitions of tables were broken and are mended: ${mended.join(', ')}`)
    await removeDropped(this.#path)
    const parts = await mendParts(this.#path)
    if (parts.length > 0) this.#log(`parts of the history were not written whole and are mended: ${parts.join(', ')}`)
    const short = await mendShortMerges(this.#path)
    if (short.length > 0)
      this.#log(
        `parts of the history lack events of what was merged into them, which are taken back: ${short.join(', ')}`,
      )
    const covered = await mendOverlaps(this.#path)
    if (covered.length > 0)
      this.#log(
        `parts of the history that others hold all of were there again, and are put aside: ${covered.join(', ')}`,
      )
    await syncTables(this.#path) // what an earlier engine merged, before this one removes what it merged
    const config = join(this.#path, 'telltale.xml')
    await writeFile(config, engineConfig(this.#memory))
    this.#goOn()
    const pools: Record<Pool, number> = { ingest: 1, read: this.#readers, admin: 1, sandbox: 1 }
    const child = new Child({ path: this.#path, config, pools, hungAfter: this.#hungAfter, log: this.#log })
    this.#child = child
    void child.gone.then(reason => this.#gone(child, reason))
    try {
      await Promise.all([child.up, child.pid === undefined ? undefined : note(this.#path, child.pid)])
    } catch (error) {
      // Where it once could be loaded it can be again: the memory or the disk fail, or it is just being replaced.
      const never = child.unavailable !== undefined && !(await exists(join(this.#path, 'data')))
      if (never) this.state = { kind: 'unavailable', reason: child.unavailable! }
      throw error
    }
    const wrong = await misread(child)
    if (wrong.length > 0)
      throw new EngineError(`the disk let it misread parts of the history: ${wrong.slice(0, 3).join(', ')}`, ABSENT)
    this.#goOn()
    if (this.#child !== child) throw new EngineError('the history engine went away', ABSENT)
    this.state = { kind: 'ready' }
    this.#fence = undefined
    this.#merging = true
    this.#backOff = BACK_OFF.first
    this.#watch ??= setInterval(() => this.#look(), 1000).unref()
    this.#mindRoom()
  }

  /** A stop may come while it is being started. */
  #goOn(): void {
    if (this.#stopping) throw new EngineError('the history engine is stopped', ABSENT)
  }

  #look(): void {
    if (this.state.kind !== 'ready') return
    this.#mindRoom()
    this.#child?.beat()
  }

  /** Ends merges while the disk is nearly full. */
  #mindRoom(): void {
    this.#minding ??= this.#mind().finally(() => {
      this.#minding = undefined
    })
  }

  async #mind(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#path).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }))
    const free = bavail * bsize
    const merging = mayMerge(free, isScarce(free) ? await this.#parts() : 0, this.#merging)
    if (merging === this.#merging || this.state.kind !== 'ready') return
    this.#merging = merging
    this.#log(
      `${Math.round(free / MB)} MB are free on the disk of ${this.#path}: parts of the history are ${merging ? 'merged again' : 'not merged until there is more, or there are many'}`,
    )
    await this.#run(merging ? MERGES.start : MERGES.stop).catch(() => {
      this.#merging = !merging // again the next time
    })
  }

  /** Of the day that has most; 0 where nobody can say. */
  async #parts(): Promise<number> {
    const answer = await this.#run({ pool: 'admin', sql: MOST_PARTS, limit: GRACE }).catch(() => undefined)
    return Number(answer?.bytes.toString() ?? 0)
  }

  /** Starts another after a while. */
  #gone(child: Child, reason: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    if (this.#stopping || this.state.kind === 'unavailable') return
    this.#wentDown(reason)
  }

  /** Where the child itself has ended, that was told already. */
  #notUp(reason: string): void {
    if (this.state.kind !== 'starting') return
    if (this.#child === undefined) this.#wentDown(reason)
    else this.#child.kill(reason)
  }

  #wentDown(reason: string): void {
    this.state = { kind: 'down', reason: `the history engine is down and being started again: ${reason}` }
    this.#log(this.state.reason)
    this.#tell(this.#outage.went(reason))
    setTimeout(() => this.#again(), this.#backOff).unref()
    this.#backOff = Math.min(this.#backOff * 2, BACK_OFF.most)
  }

  #again(): void {
    if (this.#stopping) return
    this.#outage.restarts++
    this.#comeUp().then(
      () => {
        const news = this.#outage.came()
        if (news !== undefined) {
          this.#log('the history engine is back')
          this.#tell(news)
        }
        for (const listener of this.#listeners) listener()
      },
      () => {},
    )
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/**
 * Parts of which the engine says another number of events than their own files: it took what it could not read of their marks
 * for the end. Merged with others, what it does not see would be gone.
 */
async function misread(child: Child): Promise<string[]> {
  const { bytes } = await child.run({
    pool: 'admin',
    sql: 'SELECT name, path, toFloat64(rows) FROM system.parts',
    format: 'JSONCompactEachRow',
    limit: GRACE,
  })
  const found: string[] = []
  for (const line of bytes.toString().split('\n').filter(Boolean)) {
    const [name, path, rows] = JSON.parse(line) as [string, string, number]
    const written = await rowsOf(path)
    if (written !== undefined && written !== rows) found.push(`${name} (${rows} events instead of ${written})`)
  }
  return found
}
