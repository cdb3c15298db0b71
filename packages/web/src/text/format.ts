const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A count as a person reads it: 0, 17, 1,204, 12.3k, 4.56M. */
export function count(n: number): string {
  if (!Number.isFinite(n)) return '–'
  const size = Math.abs(n)
  if (size < 10_000) return Math.round(n).toLocaleString('en-US')
  for (const [unit, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (size >= unit) return `${(n / unit).toPrecision(3)}${letter}`
  }
  return String(n)
}

/** Events per second: 0, 0.05, 2.4, 318, 1.20k. */
export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return '0'
  if (perSecond < 0.01) return '<0.01'
  if (perSecond < 1) return perSecond.toFixed(2)
  if (perSecond < 10) return perSecond.toFixed(1)
  return perSecond < 10_000 ? Math.round(perSecond).toLocaleString('en-US') : count(perSecond)
}

/** A value of any JSON type in one cell. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number') return number(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** At most five significant digits behind the point, none invented. */
export function number(n: number): string {
  if (Number.isInteger(n)) return Math.abs(n) < 1e15 ? n.toLocaleString('en-US') : String(n)
  const size = Math.abs(n)
  if (size >= 1000) return n.toLocaleString('en-US', { maximumFractionDigits: 1 })
  return String(Number(n.toPrecision(5)))
}

export function bytes(n: number): string {
  if (!Number.isFinite(n)) return '–'
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let at = 0
  while (Math.abs(n) >= 1000 && at < units.length - 1) {
    n /= 1000
    at++
  }
  return `${at === 0 || Math.abs(n) >= 100 ? Math.round(n) : n.toFixed(1)} ${units[at]}`
}

/** The span a query language understands: 90000 → `90s`, 3600000 → `1h`. */
export function span(ms: number): string {
  for (const [unit, letter] of [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'm'],
    [SECOND, 's'],
  ] as const) {
    if (ms >= unit && ms % unit === 0) return `${ms / unit}${letter}`
  }
  return `${ms}ms`
}

/** `15m` → 900000; undefined where it is none. */
export function parseSpan(text: string): number | undefined {
  const match = /^(\d+)(ms|s|m|h|d|w)$/.exec(text.trim())
  if (!match) return undefined
  const unit = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY }[
    match[2] as 'ms' | 's' | 'm' | 'h' | 'd' | 'w'
  ]
  const ms = Number(match[1]) * unit
  return ms > 0 ? ms : undefined
}

const two = (n: number) => String(n).padStart(2, '0')

/** Local time of day: 14:03:09, with `.123` where asked. */
export function timeOfDay(ms: number, precision: 'minute' | 'second' | 'milli' = 'second'): string {
  const date = new Date(ms)
  const minute = `${two(date.getHours())}:${two(date.getMinutes())}`
  if (precision === 'minute') return minute
  const second = `${minute}:${two(date.getSeconds())}`
  return precision === 'second' ? second : `${second}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** Local date and time: 2026-11-22 14:03:09. */
export function moment(ms: number, precision: 'minute' | 'second' | 'milli' = 'second'): string {
  const date = new Date(ms)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeOfDay(ms, precision)}`
}

/** How long ago, in one word: now, 12 s, 4 min, 3 h, 2 d. */
export function ago(ms: number): string {
  if (ms < 1500) return 'now'
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`
  return ms < DAY ? `${Math.round(ms / HOUR)} h` : `${Math.round(ms / DAY)} d`
}

const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].map(
  s => s * SECOND,
)

/** The finest round step that puts at most `most` ticks into `ms`. */
export function tickStep(ms: number, most: number): number {
  return TICKS.find(step => ms / step <= most) ?? Math.ceil(ms / most / DAY) * DAY
}

/** The bucket of a graph: a step the language knows that gives at most `most` points. */
export function bucketFor(ms: number, most = 240): number {
  const steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400]
  return (steps.find(s => ms / (s * SECOND) <= most) ?? 86400) * SECOND
}
