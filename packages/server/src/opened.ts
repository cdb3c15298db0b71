import { setTimeout as sleep } from 'node:timers/promises'

/** How long one thing may take to close, in ms, where nothing else is said. */
const WITHIN = 15_000

/** What is open. It is closed the newest first, each within its time, and none held up by another's failure. */
export class Opened {
  readonly #closes: { name: string; close: () => Promise<unknown>; within: number }[] = []
  readonly #log: (message: string) => void
  #closing: Promise<void> | undefined

  constructor(log: (message: string) => void) {
    this.#log = log
  }

  push(name: string, close: () => Promise<unknown>, within: number = WITHIN): void {
    this.#closes.push({ name, close, within })
  }

  /** Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const { name, close, within } of this.#closes.splice(0).reverse()) {
      const enough = new AbortController()
      try {
        const late = sleep(within, 'late', { signal: enough.signal }).catch(() => undefined)
        if ((await Promise.race([close(), late])) === 'late') this.#log(`${name} did not end within ${within} ms`)
      } catch (error) {
        this.#log(`${name} did not end well: ${String(error)}`)
      }
      enough.abort()
    }
  }
}
