const HOUR = 3_600_000
const formats = new Map<string, Intl.DateTimeFormat>()
/** A zone can be written in thousands of ways, small and large, and a format takes some 30 KB. */
const FORMATS_KEPT = 100
const offsets = new Map<string, number>()
const OFFSETS_KEPT = 10_000

/** Whether this is a time zone's name, such as `Europe/Berlin`. */
export function isZone(zone: string): boolean {
  // The first format of all takes some 15 ms, for the library behind it is loaded.
  if (zone === 'UTC') return true
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** How far the zone is ahead of UTC at a time, in ms. */
export function offsetAt(zone: string, time: number): number {
  if (zone === 'UTC') return 0
  // Zones change their offset on quarters of an hour at most, so one look-up serves a quarter.
  const quarter = Math.floor(time / (HOUR / 4))
  const key = `${zone} ${quarter}`
  let offset = offsets.get(key)
  if (offset === undefined) {
    offset = lookUp(zone, quarter * (HOUR / 4))
    if (offsets.size >= OFFSETS_KEPT) offsets.clear()
    offsets.set(key, offset)
  }
  return offset
}

function lookUp(zone: string, time: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(time)) parts[type] = Number(value)
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - Math.floor(time / 1000) * 1000
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-u-ca-iso8601', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    const [oldest] = formats.keys()
    if (formats.size >= FORMATS_KEPT) formats.delete(oldest!)
    formats.set(zone, format)
  }
  return format
}
