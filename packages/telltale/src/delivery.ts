import { setTimeout as sleep } from 'node:timers/promises'
import { eventsIn } from './lines/index.ts'
import type { Remote } from './remote.ts'

/** What became of lines that were sent. */
export interface Outcome {
  accepted: number
  rejected: { reason: string }[]
  rejected_total?: number
}

export interface Told {
  /** So many more lines are done. */
  done(lines: number, outcome: Outcome): void
  /** What a person who waits should read. */
  say(sentence: string): void
}

/** How often in a row nobody may be there, or no answer come, before it is given up, where nothing was ever taken: the address may be wrong. */
const FAILURES = 8
/** Who waits is told after so many ms … */
const PATIENCE = 3_000
/** … and every so many ms from then on. */
const AGAIN = 30_000
/** What a server, or one between, says that was not reached or not heard to the end: as good as a broken connection. */
const UNHEARD = new Set([408, 502, 504])
const BUSY = new Set([429, 503])

/**
 * Brings lines of events to a Telltale, each once: what an answer accepts or rejects of them is done, the rest goes again.
 * Told to wait it waits, for as long as that takes; once something was taken, also where nobody is there for a while.
 */
export class Delivery {
  readonly #remote: Remote
  readonly #told: Told
  readonly #pause: (ms: number) => Promise<unknown>
  #failures = 0
  #reached = false
  #stuckSince = Number.POSITIVE_INFINITY
  #saidAt = Number.NEGATIVE_INFINITY

  constructor(remote: Remote, told: Told, pause: (ms: number) => Promise<unknown> = sleep) {
    this.#remote = remote
    this.#told = told
    this.#pause = pause
  }

  /** @param lines only the last may be one of which {@link eventsIn} cannot tell how many events it is */
  async send(lines: readonly string[]): Promise<void> {
    while (lines.length > 0) {
      const answer = await this.#post(lines)
      const { outcome, status, problem } = answer
      const done = outcome === undefined ? 0 : status === 202 ? lines.length : doneOf(lines, outcome)
      lines = lines.slice(done)
      if (outcome !== undefined && done > 0) this.#goesOn(done, outcome)
      if (lines.length === 0) return
      if (BUSY.has(status)) {
        this.#failures = 0
        await this.#wait(1000 * answer.retryAfter, problem)
      } else if (status === 0 || UNHEARD.has(status)) await this.#failed(problem)
      else if (done === 0) throw new Error(problem)
    }
  }

  async #post(lines: readonly string[]): Promise<Answer> {
    const { url, token } = this.#remote
    const headers = {
      'content-type': 'application/x-ndjson',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    }
    try {
      const body = `${lines.join('\n')}\n`
      const response = await fetch(new URL('/v1/events', url), { method: 'POST', headers, body })
      return answerOf(response.status, await response.text(), response.headers.get('retry-after'))
    } catch (error) {
      const problem = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message
      return { status: 0, problem, retryAfter: 0, outcome: undefined }
    }
  }

  async #failed(problem: string): Promise<void> {
    if (this.#failures >= FAILURES && !this.#reached)
      throw new Error(`${this.#remote.url} does not take events (${problem})`)
    await this.#wait(Math.min(5000, 200 * 2 ** this.#failures++), problem)
  }

  async #wait(ms: number, why: string): Promise<void> {
    const now = performance.now()
    this.#stuckSince = Math.min(this.#stuckSince, now)
    if (now + ms - this.#stuckSince >= PATIENCE && now - this.#saidAt >= AGAIN) {
      this.#saidAt = now
      const seconds = Math.round((now - this.#stuckSince) / 1000)
      this.#told.say(`waiting for ${this.#remote.url} for ${seconds} s: ${why}`)
    }
    await this.#pause(ms)
  }

  #goesOn(lines: number, outcome: Outcome): void {
    this.#told.done(lines, outcome)
    this.#failures = 0
    this.#reached = true
    this.#stuckSince = Number.POSITIVE_INFINITY
    if (this.#saidAt > 0) this.#told.say(`${this.#remote.url} takes events again`)
    this.#saidAt = Number.NEGATIVE_INFINITY
  }
}

interface Answer {
  /** 0 where there was none. */
  status: number
  outcome: Outcome | undefined
  /** Why it did not take all. */
  problem: string
  /** In seconds. */
  retryAfter: number
}

function answerOf(status: number, text: string, retryAfter: string | null): Answer {
  const seconds = Number(retryAfter ?? 1)
  const { accepted, rejected = [], rejected_total, error } = parsed(text)
  const total = rejected_total === undefined ? {} : { rejected_total }
  return {
    status,
    outcome: accepted === undefined ? undefined : { accepted, rejected, ...total },
    problem: BUSY.has(status) ? (error?.message ?? `${status}: ${text.slice(0, 200)}`) : `${status}: ${text}`,
    retryAfter: seconds > 0 ? seconds : 1,
  }
}

function parsed(text: string): Partial<Outcome> & { error?: { message: string } } {
  try {
    return (JSON.parse(text) ?? {}) as Partial<Outcome>
  } catch {
    return {}
  }
}

function counted({ accepted, rejected, rejected_total = rejected.length }: Outcome): number {
  return accepted + rejected_total
}

/** How many of the lines are done where an answer may be about the first of them only: it counts events. */
function doneOf(lines: readonly string[], outcome: Outcome): number {
  let left = counted(outcome)
  let done = 0
  while (done < lines.length && left > 0) {
    left -= eventsIn(lines[done]!) ?? left
    if (left >= 0) done++
  }
  return done
}
