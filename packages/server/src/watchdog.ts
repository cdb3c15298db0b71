import { url as debuggerAt } from 'node:inspector'
import { Worker } from 'node:worker_threads'

export interface WatchdogOptions {
  /** Seconds without a turn of the main thread after which that is said on stderr, with the place. Default 15. */
  warns?: number
  /** … and after which the process ends, so that whoever runs it starts it again. Default 120. */
  ends?: number
}

const BEAT = 250

/**
 * Has a thread beside this one notice when this one hangs in a loop: then it can answer nobody, nor end by itself. A
 * process that is stopped, or asleep with its machine, does not hang; nor does one that is being debugged.
 * @returns ends it
 */
export function watchdog({ warns = 15, ends = 120 }: WatchdogOptions = {}): () => Promise<void> {
  if (!(Number.isInteger(warns) && Number.isInteger(ends) && 0 < warns && warns < ends))
    throw new Error(`watchdog: expected whole seconds, warns less than ends; found ${warns} and ${ends}`)
  if (debuggerAt() !== undefined) return async () => {}
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const beat = setInterval(() => Atomics.add(beats, 0, 1), BEAT).unref()
  const worker = new Worker(new URL('../watchdog/watch.mjs', import.meta.url), {
    workerData: { beats, warns, ends },
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  })
  worker.unref()
  worker.on('error', () => {}) // then nobody watches; all else goes on
  return async () => {
    clearInterval(beat)
    await worker.terminate()
  }
}
