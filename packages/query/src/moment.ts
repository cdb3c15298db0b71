const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d\d:?\d\d|[+-]\d\d)?)?$/

/** An ISO 8601 time as ms since the epoch (no zone means UTC, no time midnight); undefined where it is none. */
export function readMoment(text: string): number | undefined {
  const match = ISO.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const ms = Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second)
  const date = new Date(ms)
  if (date.getUTCFullYear() !== +year! || date.getUTCMonth() + 1 !== +month! || date.getUTCDate() !== +day!)
    return undefined
  if (+hour > 23 || +minute > 59 || +second > 59) return undefined
  return ms - offset(zone) + Math.round(Number(`0.${fraction || '0'}`) * 1e6) / 1e3
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
