import { createContext, Script } from 'node:vm'
import type { Batch } from '@telltale/event'
import { Meter } from './meter.ts'

/** When code of a user's is taken for a runaway. */
export interface CodeLimits {
  /** ms in which it must come back with {@link STRETCH} events or fewer. Default 2,000; Infinity: it is waited for. */
  stuck: number
  /** ms an event beyond which it is slow, if it takes more than half of all time, too. Default 1. */
  slow: number
  /** Seconds in a row that it may be slow. Default 10. */
  patience: number
}

export const LIMITS: CodeLimits = { stuck: 2_000, slow: 1, patience: 10 }

/** Events that code is given between two looks at the clock. */
export const STRETCH = 2_048

/** A piece of a user's code: known by its name, measured, and switched off where it runs away. */
export class Code {
  readonly name: string
  readonly meter: Meter = new Meter()
  /** Why it does not run any more. */
  off: string | undefined
  /** Seconds in a row in which it was slow. */
  slow = 0
  /** What the meter said a second ago. */
  ms = 0
  events = 0

  constructor(name: string) {
    this.name = name
  }
}

/** A failure of a user's code. */
export interface Failure {
  readonly name: string
  readonly message: string
  /** The event it was given. */
  readonly from?: { readonly type: string; readonly time: number }
}

/** What is told of code that is slow, or was switched off. */
export type Verdict = (code: Code, kind: 'slow' | 'stopped', message: string) => void

/** How often a call may stand still without computing. */
const MAX_IDLE = 5
/** Shares of the time that count as having computed: over many calls, and over one that is tried again by itself. */
const AMONG_OTHERS = 1 / 2
const ALONE = 1 / 10

const context = createContext({ run: () => {} })
const script = new Script('run()')

/**
 * Runs users' code, which no one else can stop: it has the only thread. Where it does not come back, it is ended wherever
 * it stands, by the virtual machine's own time-out, and tried once more; then it is switched off. Costs some 0.1 ms of CPU
 * a stretch.
 */
export class Guard {
  limits: CodeLimits = LIMITS
  /** Set by whoever is about to run code, so that it can be named. */
  running: Code | undefined
  readonly #verdict: Verdict
  #weighed = performance.now()

  constructor(verdict: Verdict) {
    this.#verdict = verdict
  }

  /**
   * Calls back with 0 to n - 1, in order. A call that is ended is made once more, so it must begin from scratch, must not
   * leave anything half done, and must do nothing for code that is off.
   */
  over(n: number, each: (i: number) => void): void {
    const strikes = new Map<Code, number>()
    let i = 0
    let end = 0
    /** The call that was ended last, and how often. */
    let suspect = { at: -1, times: 0 }
    const stretch = (): void => {
      for (; i < end; i++) each(i)
    }
    while (i < n) {
      const alone = suspect.at === i
      end = alone ? i + 1 : Math.min(n, i + STRETCH)
      this.running = undefined
      const before = process.cpuUsage()
      if (within(this.limits.stuck, stretch)) continue
      const code = this.running as Code | undefined
      if (code === undefined) continue
      const { user, system } = process.cpuUsage(before)
      suspect = { at: i, times: suspect.at === i ? suspect.times + 1 : 1 }
      // Where the process itself was stopped, or has next to no processor, the code is not to blame. A call that is tried by
      // itself has had its turn with much less than all of the time: others may have had the rest.
      const computed = (user + system) / 1e3 > this.limits.stuck * (alone ? ALONE : AMONG_OTHERS)
      const struck = (strikes.get(code) ?? 0) + (computed ? 1 : 0)
      strikes.set(code, struck)
      const twice = struck > 1 || (computed && suspect.times > 1)
      if (twice || suspect.times >= MAX_IDLE)
        this.#stop(
          code,
          `did not come back within ${this.limits.stuck} ms, ${twice ? 'twice' : `${MAX_IDLE} times`}; events go on without it, until the configuration is saved again`,
        )
    }
    this.running = undefined
  }

  /** Looks, once a second, who was slow since it was last asked. */
  weigh(all: Iterable<Code>): void {
    const now = performance.now()
    const passed = now - this.#weighed
    this.#weighed = now
    const { slow, patience } = this.limits
    for (const code of all) {
      const ms = code.meter.ms - code.ms
      const events = code.meter.events - code.events
      code.ms = code.meter.ms
      code.events = code.meter.events
      if (code.off !== undefined || events === 0) continue
      const each = ms / events
      if (each <= slow || ms <= passed / 2) {
        code.slow = 0
        continue
      }
      code.slow++
      const said = `took ${each.toFixed(1)} ms an event and ${Math.round((100 * ms) / passed)} % of all time`
      if (code.slow >= patience)
        this.#stop(code, `${said}, for ${code.slow} s; events go on without it, until the configuration is saved again`)
      else if (code.slow === 1) this.#verdict(code, 'slow', `${said}; after ${patience} s it is switched off`)
    }
  }

  #stop(code: Code, message: string): void {
    code.off = message
    this.#verdict(code, 'stopped', message)
  }
}

/** @returns whether it came back within so many ms; else it was ended wherever it stood. Throws what it throws. */
export function within(ms: number, run: () => void): boolean {
  if (ms === Number.POSITIVE_INFINITY) {
    run()
    return true
  }
  context['run'] = run
  try {
    script.runInContext(context, { timeout: ms })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    return false
  }
}

/** What an error says, whatever was thrown: even what throws when it is asked. */
export function said(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'it threw something that does not say what it is'
  }
}

/** Nobody waits for what is asynchronous; what that fails with later harms nobody. @throws where it is a promise */
export function atOnce<T>(returned: T): T {
  if (typeof (returned as PromiseLike<unknown> | null | undefined)?.then !== 'function') return returned
  Promise.resolve(returned).catch(() => {})
  throw new TypeError('it is asynchronous; it must return at once')
}

/** What an event is called where something failed over it. */
export function eventOf(batch: Batch, row: number): { type: string; time: number } {
  return { type: batch.dictionary.text(batch.type[row]!), time: batch.time[row]! }
}
