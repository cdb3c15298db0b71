import type { Clock } from '@telltale/event'
import type { Standing } from '@telltale/standing'
import { writeSnapshot } from './snapshot.ts'

export interface SnapshotsOptions {
  file: string
  collector: string
  clock: Clock
  /** ms between two. */
  every: number
  /** What one query may weigh, in bytes. */
  maxQuery: number
  /** What all may take, in bytes. */
  maxSnapshot: number
  log: (message: string) => void
  /** What is to be saved now; undefined where that cannot be said yet. */
  what(): Iterable<Standing> | undefined
}

/** A query is written at one go, and then rests for so many times as long as that took. */
const REST = 10

/** Writes down what stands, again and again, without holding up the rest. */
export class Snapshots {
  readonly #options: SnapshotsOptions
  #saving: Promise<void> = Promise.resolve()
  /** What the last one was of. */
  #saved: string | undefined
  #stopped = false
  #cancel: () => void

  constructor(options: SnapshotsOptions) {
    this.#options = options
    this.#cancel = options.clock.after(options.every, () => void this.#again())
  }

  /** Takes one, unless nothing has changed since the last. Rejects where it could not be written; the last one stays. */
  save(): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(() => this.#save())
    return this.#saving
  }

  /** Takes the last one. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#trySave()
  }

  async #again(): Promise<void> {
    await this.#trySave()
    const { clock, every } = this.#options
    if (!this.#stopped) this.#cancel = clock.after(every, () => void this.#again())
  }

  async #trySave(): Promise<void> {
    const { log } = this.#options
    await this.save().catch(error => log(`what stands could not be saved: ${(error as Error).message}`))
  }

  async #save(): Promise<void> {
    const { file, collector, what } = this.#options
    const all = what()
    if (all === undefined) return
    const state = JSON.stringify(Array.from(all, one => [one.name, one.seq]))
    if (state === this.#saved) return
    await writeSnapshot(file, collector, this.#lines())
    this.#saved = state
  }

  async *#lines(): AsyncGenerator<string> {
    const { maxQuery, maxSnapshot, what } = this.#options
    let bytes = 0
    for (const one of what() ?? []) {
      if (one.weight > Math.min(maxQuery, maxSnapshot - bytes)) continue
      const started = performance.now()
      const line = JSON.stringify(one.save())
      const rest = (performance.now() - started) * REST
      bytes += line.length
      yield line
      if (!this.#stopped) await new Promise(resolve => setTimeout(resolve, rest))
    }
  }
}
