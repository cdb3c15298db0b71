const UNITS: Record<string, number> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 }

/**
 * How long to keep, in ms: `90d`, `2w`, `1y`, `36h`, `forever`, or ms.
 * @throws a sentence where it is none of these
 */
export function keepMs(keep: string | number): number {
  if (keep === 'forever') return Number.POSITIVE_INFINITY
  if (typeof keep === 'number' && keep > 0) return keep
  const match = /^(\d+)\s*([hdwy])$/.exec(String(keep))
  if (match === null || Number(match[1]) === 0)
    throw new Error(
      `keep: expected a time such as "90d", "12h", "2w", "1y" or "forever", found ${JSON.stringify(keep)}`,
    )
  return Number(match[1]) * UNITS[match[2]!]!
}
