import { type ChildProcess, fork } from 'node:child_process'
import { statfs, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeFolder } from '../lasting.ts'
import { text } from '../literal.ts'
import { ENGINE_MEMORY, engineConfig } from './config.ts'
import {
  ABSENT,
  type Answer,
  DIED,
  type Engine,
  EngineError,
  type EngineState,
  type Load,
  ONE_PART,
  type ReadOptions,
  SANDBOX,
} from './engine.ts'
import { keepMetadata, mendMetadata, mendOverlaps, mendParts, syncTables } from './metadata.ts'
import { type EngineNews, Outage } from './outage.ts'
import { bury, forget, note } from './pid-file.ts'
import { settingsClause } from './settings.ts'
import { Slots } from './slots.ts'

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

type Pool = 'ingest' | 'read' | 'admin' | 'sandbox'

interface Pending {
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
  /** Seconds left after which the child counts as hung, whatever its beat says. */
  left: number
}

type Told =
  | { kind: 'beat' | 'ready' | 'closed' }
  | { kind: 'unavailable' | 'broken'; reason: string }
  | { kind: 'done'; id: number; bytes: Uint8Array }
  | { kind: 'failed'; id: number; code: number; message: string }

const CHILD = fileURLToPath(new URL('../../child/main.mjs', import.meta.url))
const START_LIMIT = 120_000
const LOAD_LIMIT = 600_000
const GRACE = 15_000
const MB = 1e6
/** Bytes free on the disk below which parts are not merged. */
const ROOM: number = 512 * MB
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
  /** Why we killed the child. */
  #why: string | undefined
  #child: ChildProcess | undefined
  #slots: Record<Pool, Slots> | undefined
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  /** Seconds, counted by own beats: a clock that jumps, or a process that was stopped, makes nobody hung. */
  #silent = 0
  #watch: NodeJS.Timeout | undefined
  #backOff = BACK_OFF.first
  #comingUp: Promise<void> | undefined
  #stopping = false
  /** Done once the sandbox's session can no longer do harm. */
  #fence: Promise<void> | undefined
  readonly #listeners = new Set<() => void>()
  #lastWords = ''
  #merging = true
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
    const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
    const closed = new Promise<void>(resolve =>
      child.on('message', (told: Told) => told.kind === 'closed' && resolve()),
    )
    if (child.connected) child.send({ kind: 'close' })
    // Where it is still coming up it has nothing to end, and does not listen.
    if (!idle) await Promise.race([closed, gone, sleep(5000, undefined, { ref: false })])
    child.kill('SIGKILL')
    await gone
    await forget(this.#path)
  }

  async read(sql: string, options: ReadOptions = {}): Promise<Answer> {
    const { timeout = 30_000, memory = Math.floor(this.#memory / 2), format = 'TabSeparatedRaw', signal } = options
    signal?.throwIfAborted()
    const tag = `telltale-${process.pid}-${this.#nextId++}`
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
      this.#run('read', `${sql}\n${settingsClause(settings)}`, timeout, format, signal),
    )
  }

  async sandboxed(sql: string, { format, signal }: Pick<ReadOptions, 'format' | 'signal'> = {}): Promise<Answer> {
    signal?.throwIfAborted()
    await this.#comingUp
    await (this.#fence ??= this.#fenceIn())
    const tag = `telltale-${process.pid}-${this.#nextId++}`
    // Not the statement that kills: it holds the tag in a literal.
    const where = `startsWith(query, ${text(`/* ${tag} */`)})`
    return this.#stoppable(where, signal, () =>
      this.#run('sandbox', `/* ${tag} */ ${sql}`, SANDBOX.seconds * 1000, format, signal),
    )
  }

  /** Runs a query, and kills it as often as it takes once the signal says so: it may not have begun the first time. */
  async #stoppable(where: string, signal: AbortSignal | undefined, run: () => Promise<Answer>): Promise<Answer> {
    let again: NodeJS.Timeout | undefined
    const kill = (): void => {
      this.#run('admin', `KILL QUERY WHERE ${where} ASYNC`, GRACE).catch(() => {})
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
    await this.#run('sandbox', 'USE telltale', GRACE)
    await this.#run(
      'sandbox',
      `SET max_execution_time = ${SANDBOX.seconds}, max_memory_usage = ${memory}, max_result_rows = ${SANDBOX.rows}, max_result_bytes = ${SANDBOX.bytes}, result_overflow_mode = 'throw', max_ast_depth = 200, http_max_tries = 1, readonly = 1`,
      GRACE,
    )
  }

  async command(sql: string): Promise<void> {
    await this.#run('ingest', sql, LOAD_LIMIT)
    this.#keeping = this.#keeping.catch(() => []).then(() => keepMetadata(this.#path))
    const broken = await this.#keeping
    if (broken.length === 0) return
    const why = `the disk left definitions of tables unwritten: ${broken.join(', ')}`
    this.restart(why)
    throw new EngineError(why, ABSENT)
  }

  async load({ file, sql, structure }: Load): Promise<void> {
    // Relative to the child's own folder: file() takes * ? { } in a path for wildcards.
    const source = `file(${text(relative(this.#path, resolve(file)))}, JSONEachRow, ${text(structure)})`
    await this.#run('ingest', `${sql(source)}\n${settingsClause(ONE_PART)}`, LOAD_LIMIT)
  }

  restart(why: string): void {
    this.#log(`the history engine is started anew: ${why}`)
    this.#kill(why)
  }

  #kill(why: string): void {
    this.#why = why
    this.#child?.kill('SIGKILL')
  }

  onReady(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #run(
    pool: Pool,
    sql: string,
    limit: number,
    format = 'TabSeparatedRaw',
    signal?: AbortSignal,
  ): Promise<Answer> {
    if (this.state.kind === 'stopped') throw new EngineError('the history engine is stopped', ABSENT)
    await this.#comingUp
    if (this.state.kind === 'unavailable' || this.state.kind === 'down')
      throw new EngineError(this.state.reason, ABSENT)
    const slots = this.#slots![pool]
    const slot = await slots.take()
    try {
      signal?.throwIfAborted()
      const child = this.#child
      if (child?.connected !== true) throw new EngineError('the history engine went away', ABSENT)
      const id = this.#nextId++
      return await new Promise<Answer>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, left: (limit + GRACE) / 1000 })
        child.send({ kind: 'run', id, pool, slot, sql, format }, error => {
          if (error && this.#pending.delete(id)) reject(new EngineError('the history engine went away', ABSENT))
        })
      })
    } finally {
      slots.give(slot)
    }
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
    const parts = await mendParts(this.#path)
    if (parts.length > 0) this.#log(`parts of the history were not written whole and are mended: ${parts.join(', ')}`)
    const covered = await mendOverlaps(this.#path)
    if (covered.length > 0)
      this.#log(
        `parts of the history that others hold all of were there again, and are put aside: ${covered.join(', ')}`,
      )
    await syncTables(this.#path) // what an earlier engine merged, before this one removes what it merged
    const config = join(this.#path, 'telltale.xml')
    await writeFile(config, engineConfig(this.#memory))
    this.#goOn()
    const sizes: Record<Pool, number> = { ingest: 1, read: this.#readers, admin: 1, sandbox: 1 }
    const child = fork(CHILD, [join(this.#path, 'data'), config, JSON.stringify(sizes)], {
      cwd: this.#path,
      detached: true, // SYSTEM SHUTDOWN would signal the whole process group
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
      execArgv: [],
    })
    this.#child = child
    this.#silent = 0
    this.#why = undefined
    this.#lastWords = ''
    child.stderr?.on('data', (words: Buffer) => {
      this.#lastWords = (this.#lastWords + words.toString()).slice(-2000)
    })
    const up = new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => this.#kill(`it did not come up within ${START_LIMIT / 1_000} s`), START_LIMIT)
      const settle = (error?: Error): void => {
        clearTimeout(limit)
        if (error === undefined) resolve()
        else reject(error)
      }
      child.on('message', (told: Told) => {
        this.#silent = 0
        if (told.kind === 'ready' && !this.#stopping) {
          this.state = { kind: 'ready' }
          const one = (): Slots => new Slots(1)
          this.#slots = { ingest: one(), read: new Slots(this.#readers), admin: one(), sandbox: one() }
          this.#fence = undefined
          this.#merging = true
          void this.#mindRoom()
          settle()
        } else if (told.kind === 'unavailable') {
          this.state = { kind: 'unavailable', reason: `chDB can't be loaded here: ${told.reason}` }
          settle(new EngineError(this.state.reason, ABSENT))
        } else if (told.kind === 'broken') this.#lastWords += told.reason
        else this.#answer(told)
      })
      child.once('error', error => settle(error))
      child.once('exit', (code, signal) => {
        const how = this.#why ?? (signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`)
        const reason = `${how}: ${this.#words()}`
        settle(new EngineError(`the history engine did not start: ${reason}`, ABSENT))
        this.#gone(child, reason)
      })
    })
    await Promise.all([up, child.pid === undefined ? undefined : note(this.#path, child.pid)])
    this.#backOff = BACK_OFF.first
    this.#watch ??= setInterval(() => this.#checkBeat(), 1000).unref()
  }

  /** A stop may come while it is being started. */
  #goOn(): void {
    if (this.#stopping) throw new EngineError('the history engine is stopped', ABSENT)
  }

  #answer(told: Told): void {
    if (told.kind !== 'done' && told.kind !== 'failed') return
    const pending = this.#pending.get(told.id)
    if (pending === undefined) return
    this.#pending.delete(told.id)
    if (told.kind === 'failed') pending.reject(new EngineError(told.message, told.code))
    else {
      const { buffer, byteOffset, byteLength } = told.bytes
      pending.resolve({ bytes: Buffer.from(buffer, byteOffset, byteLength) })
    }
  }

  #checkBeat(): void {
    const child = this.#child
    if (child?.connected !== true || this.state.kind !== 'ready') return
    void this.#mindRoom()
    child.send({ kind: 'beat' }, () => {})
    this.#silent++
    let stuck = false
    for (const pending of this.#pending.values()) stuck = --pending.left < 0 || stuck
    if (!stuck && this.#silent * 1000 < this.#hungAfter) return
    const why = stuck ? 'it did not finish its work' : `it was silent for ${this.#silent} s`
    this.#log(`the history engine: ${why}: killing process ${child.pid}`)
    this.#kill(why)
  }

  /**
   * No merges while the disk is nearly full: one that runs out of room in the middle may be taken for done, and what it
   * replaces goes. (Seen: a part with an empty index, all its events lost.)
   */
  async #mindRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#path).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }))
    const free = bavail * bsize
    const merging = free > (this.#merging ? ROOM : ROOM * 2)
    if (merging === this.#merging || this.state.kind !== 'ready') return
    this.#merging = merging
    this.#log(
      merging
        ? 'there is room on the disk again: parts of the history are merged'
        : `only ${Math.round(free / MB)} MB are free on the disk of ${this.#path}: parts of the history are not merged until there is more`,
    )
    await this.#run('admin', `SYSTEM ${merging ? 'START' : 'STOP'} MERGES`, GRACE).catch(() => {
      this.#merging = !merging // again at the next look
    })
  }

  /** Tells who waits, and starts another after a while. */
  #gone(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    for (const { reject } of this.#pending.values()) reject(new EngineError('the history engine went away', DIED))
    this.#pending.clear()
    if (this.#stopping || this.state.kind === 'unavailable') return
    this.#wentDown(reason)
  }

  /** Where the child itself has ended, that was told already. */
  #notUp(reason: string): void {
    if (this.state.kind !== 'starting') return
    if (this.#child?.pid === undefined) this.#wentDown(reason)
    else this.#kill(reason)
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
        if (news !== undefined) this.#tell(news)
        for (const listener of this.#listeners) listener()
      },
      () => {},
    )
  }

  #words(): string {
    const words = this.#lastWords.trim().split('\n').slice(-3).join(' ').slice(-500)
    return words === '' ? 'it left no word' : words
  }
}
