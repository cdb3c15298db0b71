import type { Span } from '@telltale/standing'
import { readMoment } from './moment.ts'
import type { Asked } from './question.ts'

/** The last moment a date can be. */
const END_OF_TIME = 8.64e15

/**
 * The range of a request as a span for a query that stands: `-15m` goes along with the clock, a date stays.
 * @returns undefined where that cannot be said, as of a range that ends a while ago
 */
export function spanOf({ from, to }: Pick<Asked, 'from' | 'to'>, now: number): Span | undefined {
  const start = placeOf(from, now)
  const end = placeOf(to, now)
  if (end === undefined || (end.moves && end.at === now)) {
    if (start === undefined) return end === undefined ? { kind: 'all' } : undefined
    if (!start.moves) return { kind: 'between', from: start.at, to: END_OF_TIME }
    return start.at < now ? { kind: 'last', ms: now - start.at } : undefined
  }
  if (start === undefined || start.moves || end.moves) return undefined
  return { kind: 'between', from: start.at, to: end.at }
}

function placeOf(given: unknown, now: number): { at: number; moves: boolean } | undefined {
  if (typeof given !== 'string' && typeof given !== 'number') return undefined
  const at = readMoment(given, now)
  return at === undefined ? undefined : { at, moves: readMoment(given, now + 1000) !== at }
}
