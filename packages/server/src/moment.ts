import { readTime } from '@telltale/event'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

/**
 * Reads a moment as requests write it: `now`, `-15m`, ms since the epoch, or ISO 8601.
 * @returns ms since the epoch; undefined where it is none of these
 */
export function readMoment(text: string | number, now: number): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined
  if (text === 'now') return now
  const relative = /^-(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text)
  if (relative !== null) return now - Number(relative[1]) * UNITS[relative[2]!]!
  if (/^\d+$/.test(text) && text.length <= 4) return Number(text)
  return readTime(text)
}

/** What a moment may look like, for error messages. */
export const MOMENT_FORMS = 'now, -15m (ms s m h d w), ms since the epoch, or ISO 8601'
