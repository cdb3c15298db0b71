/**
 * An interval as options have it: ms, or `500ms`, `5s`, `1m`.
 * @throws a sentence where it is none, naming the option
 */
export function interval(value: string | number, option: string): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) : undefined
  const ms = match
    ? Number(match[1]) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h']
    : Number(value)
  if (ms >= 1 && ms < 2 ** 31) return ms
  throw new Error(`${option} must be a time like '5s' or '500ms', or a number of ms, found ${JSON.stringify(value)}`)
}
