import { constants } from 'node:os'

/** One Ctrl-C can come twice: from the terminal and from who started this. In ms. */
const TWICE = 300

/**
 * Listens to SIGTERM and SIGINT from now on: the first aborts what is returned, for whoever has something to end; a second
 * ends this process at once.
 */
export function ending(log: (message: string) => void): AbortSignal {
  const asked = new AbortController()
  let since = Number.POSITIVE_INFINITY
  const ask = (signal: 'SIGTERM' | 'SIGINT'): void => {
    if (performance.now() - since > TWICE) {
      log(`${signal} again: ending at once; what was acknowledged is in the journal`)
      process.exit(128 + constants.signals[signal])
    }
    if (asked.signal.aborted) return
    since = performance.now()
    log(`${signal}: taking no more, flushing; once more ends at once`)
    asked.abort(new Error(`${signal} came during the start`))
  }
  process.on('SIGTERM', ask)
  process.on('SIGINT', ask)
  return asked.signal
}
