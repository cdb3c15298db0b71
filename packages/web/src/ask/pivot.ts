import { columnsOf, parse } from '@telltale/query'
import type { Answer } from '../api/request.ts'

/** Which columns of an answer are what, by the query that was asked. */
export interface Shape {
  /** The time bucket, −1 where there is none. */
  readonly time: number
  readonly keys: readonly number[]
  /** Aggregates that hold numbers: what a graph can show. */
  readonly values: readonly number[]
  /** Of these, what may be added up, and is 0 where nothing happened. */
  readonly additive: ReadonlySet<number>
}

/** One line of a graph. */
export interface Line {
  /** The key values joined, or the aggregate's name where there is no key. */
  readonly label: string
  /** The value of the `type` key, where there is one: it decides the colour. */
  readonly type: string | undefined
  /** It stands for several keys that were too many. */
  readonly rest?: true
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

const ADDITIVE: ReadonlySet<string> = new Set(['count', 'countif', 'sum', 'rate'])

export function shapeOf(answer: Answer, query: string): Shape {
  const tree = parse(query).query
  const columns = tree ? columnsOf(tree) : []
  const at = (source: string) =>
    columns.flatMap((column, i) => (column.source === source && i < answer.columns.length ? [i] : []))
  const numeric = (i: number) => {
    const values = answer.rows.slice(0, 500).map(row => row[i])
    return (
      values.some(value => typeof value === 'number') &&
      values.every(value => value === null || typeof value === 'number')
    )
  }
  const values = at('aggregate').filter(numeric)
  const additive = values.filter(i => ADDITIVE.has(tree?.aggregates[columns[i]!.index]?.fn ?? ''))
  return { time: at('time')[0] ?? -1, keys: at('key'), values, additive: new Set(additive) }
}

/**
 * Rows of (time, keys, value) as lines, busiest first, at most `most`; the rest in one called `others` where values can
 * be added. A bucket without a row is 0 for counts and rates, else a gap.
 */
export function pivot(
  answer: Answer,
  { time, keys, additive }: Shape,
  value: number,
  step: number | undefined,
  most = 10,
): Lines {
  const adds = additive.has(value)
  const typeKey = keys.find(i => answer.columns[i]!.name === 'type')
  const times = spread(
    [...new Set(answer.rows.map(row => Number(row[time])))].sort((a, b) => a - b),
    step,
  )
  const place = new Map(times.map((at, i) => [at, i]))
  const byLabel = new Map<string, Line & { weight: number }>()
  for (const row of answer.rows) {
    const label = keys.map(i => (row[i] === null ? '–' : String(row[i]))).join(' · ') || answer.columns[value]!.name
    let line = byLabel.get(label)
    if (!line) {
      const values = new Array<number | null>(times.length).fill(adds ? 0 : null)
      line = { label, type: typeKey === undefined ? undefined : String(row[typeKey]), values, weight: 0 }
      byLabel.set(label, line)
    }
    const n = row[value]
    if (typeof n !== 'number') continue
    line.values[place.get(Number(row[time]))!] = n
    line.weight += Math.abs(n)
  }
  const sorted = [...byLabel.values()].sort((a, b) => b.weight - a.weight)
  const lines: Line[] = sorted.slice(0, most)
  const rest = sorted.slice(most)
  if (rest.length > 0 && adds) {
    const values = times.map((_, i) => rest.reduce((sum, line) => sum + (line.values[i] ?? 0), 0))
    lines.push({ label: `${rest.length} others`, type: undefined, rest: true, values })
  }
  return { times, lines, hidden: adds ? 0 : rest.length }
}

/** All value columns of an answer as lines over the same times: one a column, or one a column and key. */
export function everyLine(answer: Answer, shape: Shape, step: number | undefined, most = 10): Lines {
  const parts = shape.values.map(value => ({
    name: answer.columns[value]!.name,
    ...pivot(answer, shape, value, step, most),
  }))
  const named = (line: Line, name: string) =>
    shape.keys.length > 0 && parts.length > 1 ? `${line.label} ${name}` : line.label
  const lines = parts.flatMap(({ name, lines }) => lines.map(line => ({ ...line, label: named(line, name) })))
  return { times: parts[0]?.times ?? [], lines: lines.slice(0, most), hidden: Math.max(0, lines.length - most) }
}

/** Without buckets that the range cuts, and the one that still runs: they are not full, and would look like a fall. */
export function whole(
  answer: Answer,
  time: number,
  step: number,
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
): Answer {
  const end = Math.min(to, now)
  const rows = answer.rows.filter(row => Number(row[time]) >= from && Number(row[time]) + step <= end)
  return rows.length > 0 ? { ...answer, rows } : answer
}

/** Fills the gaps between buckets, where that stays within reason. */
function spread(times: number[], step: number | undefined): number[] {
  const [first, last] = [times[0], times.at(-1)]
  if (step === undefined || first === undefined || last === undefined || (last - first) / step > 5000) return times
  const all = new Set(times)
  for (let at = first; at < last; at += step) all.add(at)
  return [...all].sort((a, b) => a - b)
}
