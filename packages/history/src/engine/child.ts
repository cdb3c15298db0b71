import { type ChildProcess, fork } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ABSENT, type Answer, DIED, EngineError } from './engine.ts'
import { Slots } from './slots.ts'

/** Sessions of the child by what they are for; each does one thing at a time. */
export type Pool = 'ingest' | 'read' | 'admin' | 'sandbox'

export interface ChildOptions {
  /** The engine's folder. */
  path: string
  /** The file with the engine's configuration. */
  config: string
  /** How many sessions. */
  pools: Readonly<Record<Pool, number>>
  /** ms without a beat after which it counts as hung and is killed. */
  hungAfter: number
  log(message: string): void
}

/** What to run, where. */
export interface Job {
  pool: Pool
  sql: string
  /** ms it may take. */
  limit: number
  /** Default TabSeparatedRaw. */
  format?: string | undefined
  signal?: AbortSignal | undefined
}

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

const MAIN = fileURLToPath(new URL('../../child/main.mjs', import.meta.url))
const START_LIMIT = 120_000
/** ms between two looks whether a child that comes up does anything. */
const GLANCE = 1000
const CLOSE_LIMIT = 5000
/** ms beyond its own limit after which a job that has not come to an end makes its process count as hung. */
export const GRACE = 15_000

/** The process that holds chDB, from its start to its end. */
export class Child {
  /** Resolves once it answers; rejects where it never will. */
  readonly up: Promise<void>
  /** Resolves with why once it has ended, or could not even be started. */
  readonly gone: Promise<string>
  /** Why it could not load the library. */
  unavailable: string | undefined
  readonly #options: ChildOptions
  readonly #process: ChildProcess
  readonly #slots: Readonly<Record<Pool, Slots>>
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  /** Seconds, counted by own beats: a clock that jumps, or a process that was stopped, makes nobody hung. */
  #silent = 0
  /** Why we killed it. */
  #why: string | undefined
  #lastWords = ''

  constructor(options: ChildOptions) {
    const { path, config, pools } = options
    this.#options = options
    this.#slots = {
      ingest: new Slots(pools.ingest),
      read: new Slots(pools.read),
      admin: new Slots(pools.admin),
      sandbox: new Slots(pools.sandbox),
    }
    const child = fork(MAIN, [join(path, 'data'), config, JSON.stringify(pools)], {
      cwd: path,
      detached: true, // SYSTEM SHUTDOWN would signal the whole process group
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
      execArgv: [],
    })
    this.#process = child
    child.stderr?.on('data', (words: Buffer) => {
      this.#lastWords = (this.#lastWords + words.toString()).slice(-2000)
    })
    this.gone = new Promise(resolve => {
      child.once('exit', (code, signal) => {
        const how = this.#why ?? (signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`)
        for (const { reject } of this.#pending.values()) reject(new EngineError('the history engine went away', DIED))
        this.#pending.clear()
        resolve(`${how}: ${this.#words()}`)
      })
      child.once('error', error => {
        if (child.pid === undefined) resolve(`it could not be started: ${error.message}`)
      })
    })
    this.up = this.#comeUp()
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  #comeUp(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => this.kill(`it did not come up within ${START_LIMIT / 1_000} s`), START_LIMIT)
      const unwatch = this.#watchStart()
      const settle = (error?: Error): void => {
        clearTimeout(limit)
        unwatch()
        if (error === undefined) resolve()
        else reject(error)
      }
      this.#process.on('message', (told: Told) => {
        this.#silent = 0
        if (told.kind === 'ready') settle()
        else if (told.kind === 'unavailable') {
          this.unavailable = `chDB can't be loaded here: ${told.reason}`
          settle(new EngineError(this.unavailable, ABSENT))
        } else if (told.kind === 'broken') this.#lastWords += told.reason
        else this.#answer(told)
      })
      this.#process.once('error', error => settle(error))
      void this.gone.then(why => settle(new EngineError(`the history engine did not start: ${why}`, ABSENT)))
    })
  }

  /**
   * Kills it where it stands still while it comes up: it opens its tables in one go, without a beat, and may take minutes for
   * many; but a crash in the library hangs. Where the system does not tell what a process does, only the limit ends it.
   */
  #watchStart(): () => void {
    const { hungAfter, log } = this.#options
    let [before, still, seconds] = ['', 0, 0]
    const watch = setInterval(async () => {
      const now = await doing(this.pid)
      still = now !== '' && now === before ? still + GLANCE : 0
      before = now
      if (++seconds % 10 === 0) log(`the history engine is being started, for ${seconds} s now`)
      if (still >= hungAfter) this.kill(`it stood still for ${still / 1000} s while it was started`)
    }, GLANCE)
    return () => clearInterval(watch)
  }

  /** Runs SQL once a session of the pool is free. */
  async run({ pool, sql, limit, format = 'TabSeparatedRaw', signal }: Job): Promise<Answer> {
    const slot = await this.#slots[pool].take()
    try {
      signal?.throwIfAborted()
      const child = this.#process
      if (!child.connected) throw new EngineError('the history engine went away', ABSENT)
      const id = this.#nextId++
      return await new Promise<Answer>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, left: (limit + GRACE) / 1000 })
        child.send({ kind: 'run', id, pool, slot, sql, format }, error => {
          if (error && this.#pending.delete(id)) reject(new EngineError('the history engine went away', ABSENT))
        })
      })
    } finally {
      this.#slots[pool].give(slot)
    }
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

  /** To be called every second: ends it where it hangs. */
  beat(): void {
    const child = this.#process
    if (!child.connected) return
    child.send({ kind: 'beat' }, () => {})
    this.#silent++
    let stuck = false
    for (const pending of this.#pending.values()) stuck = --pending.left < 0 || stuck
    if (!stuck && this.#silent * 1000 < this.#options.hungAfter) return
    const why = stuck ? 'it did not finish its work' : `it was silent for ${this.#silent} s`
    this.#options.log(`the history engine: ${why}: killing process ${child.pid}`)
    this.kill(why)
  }

  kill(why: string): void {
    this.#why = why
    this.#process.kill('SIGKILL')
  }

  /** Ends it; where it is up, it may close its tables before. */
  async close(isUp: boolean): Promise<void> {
    const child = this.#process
    const closed = new Promise<void>(resolve =>
      child.on('message', (told: Told) => told.kind === 'closed' && resolve()),
    )
    if (child.connected) child.send({ kind: 'close' })
    // Where it is still coming up it has nothing to end, and does not listen.
    if (isUp) await Promise.race([closed, this.gone, sleep(CLOSE_LIMIT, undefined, { ref: false })])
    child.kill('SIGKILL')
    await this.gone
  }

  #words(): string {
    const words = this.#lastWords.trim().split('\n').slice(-3).join(' ').slice(-500)
    return words === '' ? 'it left no word' : words
  }
}

/** What a process has done so far, in work, reads and writes; empty where the system does not tell. */
async function doing(pid: number | undefined): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
    return `${user} ${system} ${await readFile(`/proc/${pid}/io`, 'utf8')}`
  } catch {
    return ''
  }
}
