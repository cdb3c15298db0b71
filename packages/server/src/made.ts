import type { Result, Steps } from '@telltale/query'
import { rowsText } from './answer-text.ts'

/** A result with its rows as JSON. */
export interface Made {
  readonly result: Result
  readonly text: string
}

/** A result and its text, in steps. */
export function* made(resulting: Steps<Result>): Steps<Made> {
  const result = yield* resulting
  return { result, text: yield* rowsText(result.rows) }
}

/** What steps gave, and for how many ms they were worked on. */
export interface Timed<T> {
  readonly value: T
  readonly ms: number
}

/** The same steps, with how long they took. */
export function* timed<T>(steps: Steps<T>): Steps<Timed<T>> {
  for (let ms = 0; ; ) {
    const started = performance.now()
    const { done, value } = steps.next()
    ms += performance.now() - started
    if (done) return { value, ms: rounded(ms) }
    yield
  }
}

/** To whole microseconds. */
export function rounded(ms: number): number {
  return Math.round(ms * 1e3) / 1e3
}
