const UNITS: readonly (readonly [string, number])[] = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

/** One day, in ms. */
export const DAY = 86_400_000
const LONGEST = 100 * 366 * DAY

/** `500ms 1s 10s 1m 5m 1h 1d 1w` as ms; undefined where it is none, is zero or is longer than a century. */
export function readDuration(text: string): number | undefined {
  const match = /^(\d{1,12})(ms|s|m|h|d|w)$/.exec(text)
  if (match === null) return undefined
  const ms = Number(match[1]) * UNITS.find(([unit]) => unit === match[2])![1]
  return ms > 0 && ms <= LONGEST ? ms : undefined
}

/** The shortest way to write a duration: 60000 is `1m`. ms must be whole and positive. */
export function printDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms % size === 0)!
  return `${ms / size}${unit}`
}
