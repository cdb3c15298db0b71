export interface DeadManOptions {
  /** Told by a GET that all is well; http or https. */
  url: URL
  /** ms between two calls. */
  every: number
  log: (message: string) => void
}

export interface DeadManReport {
  readonly calls: number
  readonly failures: number
  /** Why the last call failed; absent where it did not. */
  readonly failing?: string
}

/** ms a call may take. */
const PATIENCE = 10_000
/** ms until a call that failed is tried again. */
const AGAIN = 10_000

/**
 * An address outside that is called for as long as all is well, and told nothing else: its silence means trouble, whatever
 * it was that happened here. Made for healthchecks.io, Dead Man's Snitch, Uptime Kuma and their kind. The address is a
 * secret and is never said.
 */
export class DeadMan {
  readonly #options: DeadManOptions
  /** The call under way. */
  #calling: AbortController | undefined
  #stopped = false
  #due = 0
  #calls = 0
  #failures = 0
  #failing: string | undefined

  constructor(options: DeadManOptions) {
    this.#options = options
  }

  get report(): DeadManReport {
    const failing = this.#failing === undefined ? {} : { failing: this.#failing }
    return { calls: this.#calls, failures: this.#failures, ...failing }
  }

  /** To be said now and then while all is well, with a time in ms that never jumps; calls when it is due. Never two at once. */
  well(now: number): void {
    if (this.#calling !== undefined || now < this.#due || this.#stopped) return
    const { every } = this.#options
    const calling = new AbortController()
    this.#calling = calling
    this.#due = now + every
    this.#calls++
    const patience = setTimeout(() => calling.abort(), PATIENCE).unref()
    void this.#call(calling.signal).then(why => {
      clearTimeout(patience)
      this.#calling = undefined
      if (this.#stopped) return
      this.#tell(why)
      if (why !== undefined) this.#due = now + Math.min(every, AGAIN)
    })
  }

  stop(): void {
    this.#stopped = true
    this.#calling?.abort()
  }

  /** @returns why it failed; undefined where it did not */
  async #call(signal: AbortSignal): Promise<string | undefined> {
    try {
      const { status, body } = await fetch(this.#options.url, {
        redirect: 'manual',
        headers: { 'user-agent': 'telltale', connection: 'close' }, // a connection kept for a minute is seldom still there
        signal,
      })
      await body?.cancel()
      if (status >= 200 && status < 300) return undefined
      return status < 400 ? `it redirects (${status}), which is not followed` : `it answers ${status}`
    } catch (error) {
      if (signal.aborted) return `no answer within ${PATIENCE / 1000} s`
      const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException }
      return cause?.code ?? cause?.message ?? message
    }
  }

  /** Says a failure once, however often it happens. */
  #tell(why: string | undefined): void {
    const { log } = this.#options
    if (why !== undefined) this.#failures++
    if (why !== undefined && this.#failing === undefined) log(`canary: the webhook cannot be called: ${why}`)
    if (why === undefined && this.#failing !== undefined) log('canary: the webhook can be called again')
    this.#failing = why
  }
}
