import type { Answer } from '../api/request.ts'
import { OWN } from '../text/own.ts'

/** How often each type came in the last seconds, from the answer to `count() by type, 1s`. */
export interface TypeRate {
  readonly type: string
  /** Events per second over the last ten whole seconds. */
  readonly perSecond: number
  /** In the last sixty whole seconds. */
  readonly lastMinute: number
  /** Counts of the last sixty whole seconds, oldest first. */
  readonly seconds: readonly number[]
}

const SECONDS = 60
const RECENT = 10

/** Busiest minute first, Telltale's own last. `now` in ms; the second that still runs does not count. */
export function ratesOf(answer: Answer, now: number): TypeRate[] {
  const at = { type: column(answer, 'type'), time: column(answer, 'time'), count: answer.columns.length - 1 }
  if (at.type < 0 || at.time < 0) return []
  const newest = Math.floor(now / 1000) - 1
  const byType = new Map<string, number[]>()
  for (const row of answer.rows) {
    const type = String(row[at.type] ?? '')
    const index = SECONDS - 1 - (newest - Math.floor(Number(row[at.time]) / 1000))
    if (index < 0 || index >= SECONDS) continue
    let seconds = byType.get(type)
    if (!seconds) byType.set(type, (seconds = new Array<number>(SECONDS).fill(0)))
    seconds[index]! += Number(row[at.count])
  }
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
  const rates = [...byType].map(([type, seconds]) => ({
    type,
    seconds,
    lastMinute: sum(seconds),
    perSecond: sum(seconds.slice(-RECENT)) / RECENT,
  }))
  const own = ({ type }: TypeRate) => (OWN.test(type) ? 1 : 0)
  return rates.sort((a, b) => own(a) - own(b) || b.lastMinute - a.lastMinute || (a.type < b.type ? -1 : 1))
}

function column(answer: Answer, name: string): number {
  return answer.columns.findIndex(column => column.name === name)
}

/** The path of a sparkline in a box of `width` × `height`, its greatest value at the top. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const top = Math.max(1, ...values)
  const step = width / Math.max(1, values.length - 1)
  return values
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(height - (value / top) * height).toFixed(1)}`)
    .join('')
}
