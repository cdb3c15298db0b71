import type { Answer } from '../api/request.ts'

/** One line of a graph. */
export interface Line {
  /** The key values joined, or the aggregate's name where there is no key. */
  readonly label: string
  /** The value of the `type` key, where there is one: it decides the colour. */
  readonly type: string | undefined
  /** One value per time; null where there is none. */
  readonly values: (number | null)[]
}

export interface Lines {
  /** Bucket starts, ms, rising, without gaps where the step is known. */
  readonly times: number[]
  readonly lines: Line[]
  /** Lines left out because they were too many. */
  readonly hidden: number
}

/** Which column is the time bucket; −1 where there is none. */
export function timeColumn(answer: Answer): number {
  return answer.columns.findIndex(({ name }) => name === 'time')
}

/** Columns that hold numbers and are no key: what a graph can show. */
export function valueColumns(answer: Answer): number[] {
  return answer.columns.flatMap(({ name }, i) => {
    const values = answer.rows.slice(0, 200).map(row => row[i])
    const numeric = values.some(value => typeof value === 'number') && values.every(value => value === null || typeof value === 'number')
    return numeric && name !== 'time' && isAggregate(answer, i) ? [i] : []
  })
}

/** Keys come first, then aggregates, which are calls unless named; so all from the first call on, else the last column. */
function isAggregate(answer: Answer, at: number): boolean {
  const first = answer.columns.findIndex(({ name }) => name.includes('('))
  return at >= (first < 0 ? answer.columns.length - 1 : first)
}

/**
 * Rows of (time, keys, value) as lines, busiest first, at most `most`; the rest in one called `others` where values can
 * be added. A bucket without a row is 0 for counts and rates, else a gap.
 */
export function pivot(answer: Answer, value: number, step: number | undefined, most = 10): Lines {
  const time = timeColumn(answer)
  const additive = /^(count|sum|rate)\b/.test(answer.columns[value]?.name ?? '')
  const firstValue = valueColumns(answer)[0] ?? answer.columns.length - 1
  const keys = answer.columns.flatMap((_, i) => (i !== time && i < firstValue ? [i] : []))
  const typeKey = keys.find(i => answer.columns[i]!.name === 'type')
  const times = spread([...new Set(answer.rows.map(row => Number(row[time])))].sort((a, b) => a - b), step)
  const place = new Map(times.map((at, i) => [at, i]))
  const empty = () => new Array<number | null>(times.length).fill(additive ? 0 : null)
  const byLabel = new Map<string, Line & { weight: number }>()
  for (const row of answer.rows) {
    const label = keys.map(i => (row[i] === null ? '–' : String(row[i]))).join(' · ') || answer.columns[value]!.name
    let line = byLabel.get(label)
    if (!line) byLabel.set(label, (line = { label, type: typeKey === undefined ? undefined : String(row[typeKey]), values: empty(), weight: 0 }))
    const n = row[value]
    if (typeof n !== 'number') continue
    line.values[place.get(Number(row[time]))!] = n
    line.weight += Math.abs(n)
  }
  const sorted = [...byLabel.values()].sort((a, b) => b.weight - a.weight)
  const lines: Line[] = sorted.slice(0, most)
  const rest = sorted.slice(most)
  if (rest.length > 0 && additive) {
    const values = times.map((_, i) => rest.reduce((sum, line) => sum + (line.values[i] ?? 0), 0))
    lines.push({ label: `${rest.length} others`, type: undefined, values })
  }
  return { times, lines, hidden: additive ? 0 : rest.length }
}

/** Fills the gaps between buckets, where that stays within reason. */
function spread(times: number[], step: number | undefined): number[] {
  const [first, last] = [times[0], times.at(-1)]
  if (step === undefined || first === undefined || last === undefined || (last - first) / step > 5000) return times
  const all = new Set(times)
  for (let at = first; at < last; at += step) all.add(at)
  return [...all].sort((a, b) => a - b)
}
