import { DAY } from './duration.ts'
import { offsetAt } from './zone.ts'

/** Aligned time buckets. Shorter than a day they are aligned in UTC, else at the zone's midnights; whole weeks begin on Mondays. */
export interface Bucket {
  readonly ms: number
  readonly zone: string
}

/** The start of the bucket a time lies in, in ms since the epoch. */
export function bucketStart(time: number, { ms, zone }: Bucket): number {
  if (ms < DAY) return Math.floor(time / ms) * ms
  const days = Math.round(ms / DAY)
  const day = Math.floor((time + offsetAt(zone, time)) / DAY)
  return midnight(firstDay(day, days), zone)
}

/** The start of the bucket after the one that starts at `start`. */
export function bucketEnd(start: number, { ms, zone }: Bucket): number {
  if (ms < DAY || zone === 'UTC') return start + ms
  const days = Math.round(ms / DAY)
  const day = Math.floor((start + offsetAt(zone, start)) / DAY)
  // Not from the day it starts in: a zone may have left out the first (Apia, 2011-12-30).
  return midnight(firstDay(day, days) + days, zone)
}

/** Days are counted from 1970-01-01, a Thursday; weeks from the Monday before. */
function firstDay(day: number, days: number): number {
  const shift = days % 7 === 0 ? 3 : 0
  return Math.floor((day + shift) / days) * days - shift
}

/** The first moment of a local day. Clocks may jump over midnight, or strike it twice. */
function midnight(day: number, zone: string): number {
  const utc = day * DAY
  if (zone === 'UTC') return utc
  const before = utc - offsetAt(zone, utc - DAY)
  const after = utc - offsetAt(zone, utc + DAY)
  const isDay = (time: number): boolean => Math.floor((time + offsetAt(zone, time)) / DAY) === day
  const [early, late] = before < after ? [before, after] : [after, before]
  return isDay(early) ? early : late
}
