/** What is told of an engine that goes and comes back. */
export type EngineNews =
  /** It went, or did not come up: once for each time. */
  | { readonly kind: 'down'; readonly reason: string }
  /** It answers again. */
  | { readonly kind: 'back'; readonly reason: string; readonly seconds: number; readonly restarts: number }

/** The time from when an engine goes until it answers again, however often it is started in it. */
export class Outage {
  /** Times it was started again, over its whole life. */
  restarts = 0
  #since: number | undefined
  #before = 0
  /** Why it went the last time; undefined while all is well. */
  #reason: string | undefined

  get reason(): string | undefined {
    return this.#reason
  }

  went(reason: string): EngineNews {
    if (this.#since === undefined) {
      this.#since = performance.now()
      this.#before = this.restarts
    }
    this.#reason = reason
    return { kind: 'down', reason }
  }

  /** @returns undefined where it was not away */
  came(): EngineNews | undefined {
    if (this.#since === undefined || this.#reason === undefined) return undefined
    const seconds = Math.round(performance.now() - this.#since) / 1_000
    const news = { kind: 'back', reason: this.#reason, seconds, restarts: this.restarts - this.#before } as const
    this.#since = this.#reason = undefined
    return news
  }
}
