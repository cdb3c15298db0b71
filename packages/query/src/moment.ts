import { DAY } from './duration.ts'

const ZONE = String.raw`\s*(Z|z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?`
const EXTENDED = new RegExp(
  String.raw`^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?${ZONE})?$`,
)
const BASIC = new RegExp(String.raw`^(\d{4})(\d\d)(\d\d)[Tt](\d\d)(?:(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?)?${ZONE}$`)

/** An ISO 8601 time as ms since the epoch (no zone means UTC, no time midnight); undefined where it is none. As events have it. */
export function readMoment(text: string): number | undefined {
  const match = EXTENDED.exec(text) ?? BASIC.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = match
  const midnight = Date.UTC(+year!, +month! - 1, +day!)
  const date = new Date(midnight)
  if (date.getUTCFullYear() !== +year! || date.getUTCMonth() + 1 !== +month!) return undefined
  const ofDay = (+hour * 60 + +minute) * 60_000 + +second * 1e3
  const whole = midnight + ofDay - offset(zone)
  const micros = Math.round(Number(`0.${fraction}`) * 1e6)
  if (+hour < 24 && +minute < 60 && +second < 60) return whole + micros / 1e3
  // 24:00 ends a day; a leap second, 23:59:60 in UTC, counts as the start of the one after it.
  const ends = +hour === 24 && ofDay === DAY && micros === 0
  const leaps = +hour < 24 && +minute < 60 && +second === 60 && whole % DAY === 0
  return ends || leaps ? whole : undefined
}

/** ms since the epoch as ISO 8601 in UTC; what is finer than a millisecond is kept to the microsecond. */
export function printMoment(ms: number): string {
  const whole = Math.floor(ms)
  const micros = Math.round((ms - whole) * 1e3)
  const text = new Date(whole).toISOString()
  return micros === 0 ? text : text.replace('Z', `${String(micros).padStart(3, '0')}Z`)
}

function offset(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const digits = zone.slice(1).replace(':', '')
  const ms = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)) * 60_000
  return zone[0] === '-' ? -ms : ms
}
