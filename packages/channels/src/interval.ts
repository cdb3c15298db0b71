import { readDuration } from '@telltale/query'

/** The longest a timer can wait, in ms. */
const LONGEST = 2 ** 31

/**
 * An interval as options have it: ms, or a duration as queries write it, `500ms`, `5s`, `1m`.
 * @throws a sentence where it is none, naming the option
 */
export function interval(value: string | number, option: string): number {
  const ms = typeof value === 'string' ? (readDuration(value) ?? 0) : value
  if (ms >= 1 && ms < LONGEST) return ms
  throw new Error(`${option} must be a time like '5s' or '500ms', or a number of ms, found ${JSON.stringify(value)}`)
}
