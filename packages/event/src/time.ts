const ZONE = String.raw`\s*(Z|z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?`
const EXTENDED = new RegExp(
  String.raw`^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?${ZONE})?$`,
)
const BASIC = new RegExp(String.raw`^(\d{4})(\d\d)(\d\d)[Tt](\d\d)(?:(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?)?${ZONE}$`)

const MINUTE = 60_000
const DAY = 86_400_000

/** The first moment that cannot be kept: 2262-01-01, in ms. */
const LAST = Date.UTC(2262, 0, 1)

/** What {@link readTime} takes, for messages. */
export const TIMES = 'ms since the epoch or ISO 8601, from 1970 to 2261'

/**
 * Reads a time as clients send it: a number of s, ms, µs or ns since the epoch (told apart by magnitude), the same as
 * a string of digits, or ISO 8601 (no zone means UTC).
 * @param ours the number was written by Telltale and is ms, however small
 * @returns ms since the epoch, kept to the microsecond; undefined where it is not a time between 1970 and 2262
 */
export function readTime(value: unknown, ours = false): number | undefined {
  if (ours && typeof value === 'number') return value >= 0 && value < LAST ? toMicros(value) : undefined
  if (typeof value === 'string') {
    if (/^\d+(\.\d+)?$/.test(value) && value.length > 4) return fromNumber(Number(value))
    return fromIso(value)
  }
  return typeof value === 'number' ? fromNumber(value) : undefined
}

/** Rounds ms to the microsecond; what is rounded already stays. */
export function toMicros(ms: number): number {
  const micros = Math.round(ms * 1e3)
  // From 2041 on the product is no longer exact to half a microsecond.
  return ms > EXACT && (micros - 1) / 1e3 === ms ? ms : micros / 1e3
}
const EXACT = 2 ** 51 / 1e3

function fromNumber(value: number): number | undefined {
  if (!(value >= 0)) return undefined
  const ms = value < 1e11 ? value * 1e3 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6
  return ms < LAST ? toMicros(ms) : undefined
}

/** What else is to be said of a text that is no time; often nothing. */
export function flawOf(value: unknown): string {
  const match = typeof value === 'string' ? /[+-](\d\d):?(\d\d)?$/.exec(value) : null
  if (match === null || (Number(match[1]) < 24 && Number(match[2] ?? 0) < 60)) return ''
  return fromIso(match.input.slice(0, match.index)) === undefined ? '' : '; offsets go from -23:59 to +23:59'
}

function fromIso(text: string): number | undefined {
  const match = EXTENDED.exec(text) ?? BASIC.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = match
  const midnight = Date.UTC(+year!, +month! - 1, +day!)
  // A day or month that is none comes out in another month; years before 100 in another century.
  if (+year! < 1969 || new Date(midnight).getUTCMonth() !== +month! - 1) return undefined
  const ofDay = (+hour * 60 + +minute) * MINUTE + +second * 1e3
  const whole = midnight + ofDay - offset(zone)
  const micros = Math.round(Number(`0.${fraction}`) * 1e6)
  if (+hour > 23 || +minute > 59 || +second > 59) {
    // 24:00 ends a day; a leap second, 23:59:60 in UTC, counts as the start of the one after it.
    const ends = +hour === 24 && ofDay === DAY && micros === 0
    const leaps = +hour < 24 && +minute < 60 && +second === 60 && whole % DAY === 0
    return ends || leaps ? within(whole) : undefined
  }
  return within(whole + micros / 1e3)
}

function within(ms: number): number | undefined {
  return ms >= 0 && ms < LAST ? ms : undefined
}

/** How far a zone like +03:30 is ahead of UTC, in ms. */
function offset(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const sign = zone[0] === '-' ? -1 : 1
  const digits = zone.slice(1).replace(':', '')
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)) * MINUTE
}
