import { VALUES } from './distinct.ts'
import type { Plan } from './plan.ts'
import type { QueryError } from './query-error.ts'

/** What one answer may cost while everything else waits for it. */
export interface Limits {
  /** ms of time in one go. */
  readonly ms: number
  /** Keys and aggregates of all groups together. */
  readonly cells: number
  /** Distinct values that groups of more than some hundreds hold together; beyond, they are estimated. Default 1,048,576. */
  readonly values?: number
}

export const LIMITS: Limits = { ms: 5_000, cells: 2_000_000 }

/** Thrown by an evaluation within {@link limited}. Its `error` says what to do. */
export class TooMuch extends Error {
  override readonly name = 'TooMuch'
  readonly error: QueryError

  constructor(message: string, hint: string) {
    super(`${message}: ${hint}`)
    this.error = { message, position: 0, hint }
  }
}

const NONE: Limits = { ms: Number.POSITIVE_INFINITY, cells: Number.POSITIVE_INFINITY }
/** Work between two looks at the clock. */
const LOOK = 512

let limits = NONE
let end = Number.POSITIVE_INFINITY
let left = Number.POSITIVE_INFINITY

/**
 * Evaluates within limits: evaluators say what they did by {@link worked} and {@link fits}, which throw
 * {@link TooMuch} beyond. What is evaluated within never pauses, so there is one at a time, and its limits need not be handed
 * from function to function.
 */
export function limited<T>(given: Limits, evaluate: () => T): T {
  const before = { limits, end, left }
  limits = given
  end = Math.min(end, performance.now() + given.ms)
  left = Number.isFinite(end) ? LOOK : Number.POSITIVE_INFINITY
  try {
    return evaluate()
  } finally {
    limits = before.limits
    end = before.end
    left = before.left
  }
}

/** Says that work was done. @param units each of about a microsecond; many at once are better than one by one */
export function worked(units: number): void {
  left -= units
  if (left > 0) return
  left = LOOK
  if (performance.now() <= end) return
  throw new TooMuch(
    `this query takes longer than ${limits.ms / 1000} s`,
    'narrow its time range, or what it looks for; or allow more, queries.ms',
  )
}

/** Says how many groups (or rows made of them) there are by now. */
export function fits({ keys, calls, bucket }: Plan, groups: number): void {
  if (limits.cells === Number.POSITIVE_INFINITY) return
  let width = keys.length + (bucket === undefined ? 0 : 1)
  for (let i = 0; i < calls.length; i++) if (calls[i]!.slot === i) width++
  if (groups * width <= limits.cells) return
  throw new TooMuch(
    `this query has more than ${Math.floor(limits.cells / width)} groups`,
    'group by fields of fewer values, by longer buckets, or less of time; or allow more, queries.cells',
  )
}

/** How many distinct values an answer may hold. */
export function mostValues(): number {
  return limits.values ?? VALUES
}
