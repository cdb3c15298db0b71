import { LIMITS, type Limits, limited, type Steps, TooMuch } from '@telltale/query'

export interface SlicesOptions {
  /** How long queries may hold the event loop at a time, in ms; a step more may pass. Default 4. */
  slice?: number
  /** Queries worked on by turns. More wait. Default 4. */
  atOnce?: number
  /** Queries that may wait. More are refused. Default 100. */
  waiting?: number
  /** How long a query may take from being asked to its answer, in ms. Default 30,000. */
  timeout?: number
}

/** A query that was not answered, for too many were asked at once. */
export class TooMany extends Error {
  override readonly name = 'TooMany'
}

export interface RunOptions {
  /** Ends it. */
  readonly signal?: AbortSignal
  /** What it may cost. Its time is that in which it is worked on. */
  readonly limits?: Limits
}

interface Job {
  readonly steps: Steps<unknown>
  readonly limits: Limits
  readonly deadline: number
  /** ms it was worked on. */
  used: number
  readonly resolve: (value: never) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Runs queries in slices: once in a turn of the event loop, for a few milliseconds, the queries by turns. Whatever else
 * there is to do (taking events above all) is done between two slices.
 */
export class Slices {
  readonly #slice: number
  readonly #atOnce: number
  readonly #waiting: number
  readonly #timeout: number
  /** Oldest first but for the first `atOnce`, which take turns. */
  readonly #jobs: Job[] = []
  #turn = 0
  #isScheduled = false

  constructor({ slice = 4, atOnce = 4, waiting = 100, timeout = 30_000 }: SlicesOptions = {}) {
    for (const [name, value] of Object.entries({ slice, atOnce, timeout }))
      if (!(value > 0)) throw new RangeError(`${name} must be above 0, found ${value}`)
    this.#slice = slice
    this.#atOnce = atOnce
    this.#waiting = waiting
    this.#timeout = timeout
  }

  /** How many are worked on or wait. */
  get size(): number {
    return this.#jobs.length
  }

  /**
   * Runs steps to their end. Rejects with {@link TooMuch} where they cost too much, with {@link TooMany} where too many
   * wait already, with the signal's reason where it is aborted, and with whatever a step throws.
   */
  run<T>(steps: Steps<T>, { signal, limits = LIMITS }: RunOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      if (this.#jobs.length >= this.#atOnce + this.#waiting) {
        return reject(new TooMany(`${this.#jobs.length} queries are being answered or wait`))
      }
      const abort = (): void => this.#end(job, () => reject(signal?.reason))
      const job: Job = {
        steps,
        limits,
        used: 0,
        deadline: performance.now() + this.#timeout,
        resolve: value => {
          signal?.removeEventListener('abort', abort)
          resolve(value)
        },
        reject: reason => {
          signal?.removeEventListener('abort', abort)
          reject(reason)
        },
      }
      signal?.addEventListener('abort', abort)
      this.#jobs.push(job)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled || this.#jobs.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      const end = performance.now() + this.#slice
      while (this.#jobs.length > 0 && performance.now() < end) {
        this.#turn = (this.#turn + 1) % Math.min(this.#jobs.length, this.#atOnce)
        this.#work(this.#jobs[this.#turn]!, end)
      }
      this.#schedule()
    })
  }

  #work(job: Job, end: number): void {
    const begun = performance.now()
    try {
      limited(job.limits, () => {
        for (let now = begun; now < end; now = performance.now()) {
          this.#check(job, now, begun)
          const { done, value } = job.steps.next()
          if (done) {
            this.#end(job, () => job.resolve(value as never))
            return
          }
        }
      })
    } catch (error) {
      this.#end(job, () => job.reject(error))
    }
    job.used += performance.now() - begun
  }

  #check({ limits, used, deadline }: Job, now: number, begun: number): void {
    if (used + now - begun > limits.ms)
      throw new TooMuch(
        `this query takes longer than ${limits.ms / 1000} s`,
        'narrow its time range, or what it looks for; or allow more, queries.ms',
      )
    if (now > deadline)
      throw new TooMuch(
        `this query was not answered within ${this.#timeout / 1000} s`,
        'ask for less, or when less is asked',
      )
  }

  #end(job: Job, tell: () => void): void {
    const at = this.#jobs.indexOf(job)
    if (at < 0) return
    this.#jobs.splice(at, 1)
    job.steps.return(undefined as never)
    tell()
  }
}
