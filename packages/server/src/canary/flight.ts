import { parse, type Query, type Scope } from '@telltale/query'

/** One canary on its way. */
export interface Flight {
  readonly id: string
  /** The event's own time, ms since the epoch. */
  time: number
  /** Its seq is not above. */
  upto: number
  /** It was seen live; its sender may not be answered yet. */
  seen: boolean
  /** Its sender was answered; said only of those sent over a way in. */
  answered?: boolean
  /** How often the history did not have it though it should. */
  misses: number
}

/** How many of it there are, where and as far as it can be. The event's own time stays true when the clock jumps. */
export function question({ id, time }: Flight): { query: Query; scope: Scope } {
  return { query: parse(`canary = "${id}" | count()`).query!, scope: { from: time, to: time + 1 } }
}
