import { setImmediate as others } from 'node:timers/promises'
import {
  bucketStart,
  DAY,
  fromIdentity,
  type Group,
  GroupList,
  groupKey,
  mergeGroups,
  type Plan,
  plan,
  type Query,
  type Scalar,
  type State,
} from '@telltale/query'
import type { Frequent, GroupColumns, KeyKind } from './compile/compile.ts'
import { type Asked, frequenciesSql, ONE_SNAPSHOT, type Seam, statesSql } from './compile/select.ts'
import type { Engine, ReadOptions } from './engine/engine.ts'
import { blocksOf, type Column } from './native.ts'

/** ms for which the event loop may be kept from others. */
const STRETCH = 8

type Bound = Readonly<Record<string, number | string>>

export interface Grouped {
  readonly groups: ReadonlyMap<string, Group>
  /** There are rows that SQL can't judge; they are in no group. */
  readonly doubts: boolean
}

/**
 * The groups of the rows SQL can judge, and whether there are others: one pass tells both. Each list of frequent values
 * takes a pass of its own.
 * @returns undefined where only states for `many` events can tell
 */
export async function grouped(
  engine: Engine,
  query: Query,
  asked: Asked,
  { groups: most = 1_000_000, alone = false, ...options }: ReadOptions & { groups?: number; alone?: boolean },
  seam?: Seam,
): Promise<Grouped | undefined> {
  const ready = plan(query)
  const { states } = asked.groups
  // A list is of all rows, so it can't be had by halves.
  const halves = states.every(state => typeof state === 'string') ? seam : undefined
  let doubts = false
  const pass = async (sql: string, bound: Bound, row: (columns: Column[], i: number) => boolean): Promise<boolean> => {
    const { bytes } = await engine.read(sql, { ...options, format: 'Native', settings: bound })
    return eachRow(bytes, (columns, i) => {
      if (asked.doubtful === undefined || columns.at(-1)![i] === 1) return row(columns, i)
      doubts = true
      return true
    })
  }
  const made: Group[] = []
  const statesOf = stateMaker(ready, asked.groups)
  const lists = new Lists(asked.groups)
  for (const state of states)
    if (typeof state !== 'string')
      await pass(frequenciesSql(asked, state), { max_result_rows: most, result_overflow_mode: 'throw' }, (columns, i) =>
        lists.add(state, columns, i),
      )
  if (lists.only) lists.each((key, values) => made.push({ key, states: statesOf(at => values[at])! }))
  else {
    const width = asked.groups.keys.length + (asked.groups.bucket === undefined ? 0 : 1)
    let next = width
    /** Where each state's column is; −1 for lists. */
    const places = states.map(state => (typeof state === 'string' ? next++ : -1))
    const order = query.sort.length === 0 ? 'keys' : alone ? 'first' : 'none'
    const bound = { ...ONE_SNAPSHOT, max_rows_to_group_by: most, group_by_overflow_mode: 'throw' }
    const done = await pass(statesSql(asked, order, halves), bound, (columns, i) => {
      const key = keyOf(asked.groups, columns, i)
      const own = statesOf(at => (places[at]! >= 0 ? columns[places[at]!]![i] : lists.of(states[at] as Frequent, key)))
      return own !== undefined && made.push({ key, states: own }) > 0
    })
    if (!done) return undefined
  }
  return { groups: inBuckets(ready, made, halves !== undefined), doubts }
}

/** Row by row as long as it gives true, letting others have the event loop now and then. @returns the last it gave */
async function eachRow(bytes: Uint8Array, take: (columns: Column[], i: number) => boolean): Promise<boolean> {
  let until = performance.now() + STRETCH
  for (const { rows, columns } of blocksOf(bytes))
    for (let i = 0; i < rows; i++) {
      if (!take(columns, i)) return false
      if ((i & 63) !== 0 || performance.now() < until) continue
      await others()
      until = performance.now() + STRETCH
    }
  return true
}

/** A group's values and how often each was met, for all groups and all lists of such. */
class Lists {
  readonly #groups: GroupColumns
  readonly #lists: Map<Frequent, Map<string, { key: Scalar[]; values: Scalar[]; counts: number[] }>> = new Map()

  constructor(groups: GroupColumns) {
    this.#groups = groups
  }

  add(list: Frequent, columns: readonly Column[], row: number): boolean {
    const key = keyOf(this.#groups, columns, row)
    const text = groupKey(key)
    let groups = this.#lists.get(list)
    if (groups === undefined) this.#lists.set(list, (groups = new Map()))
    let group = groups.get(text)
    if (group === undefined) groups.set(text, (group = { key, values: [], counts: [] }))
    const value = scalarFrom(columns[key.length]![row], list.value.kind)
    if (value === null) return true // it tells that there is such a group
    group.values.push(value)
    group.counts.push(columns[key.length + 1]![row] as number)
    return true
  }

  of(list: Frequent, key: Scalar[]): unknown {
    return this.#lists.get(list)?.get(groupKey(key)) ?? { values: [], counts: [] }
  }

  /** There is nothing but lists; each then tells all the groups. */
  get only(): boolean {
    const { states } = this.#groups
    return states.length > 0 && states.every(state => typeof state !== 'string')
  }

  each(take: (key: Scalar[], values: unknown[]) => void): void {
    const lists = this.#groups.states as readonly Frequent[]
    for (const { key } of this.#lists.get(lists[0]!)?.values() ?? [])
      take(
        key,
        lists.map(list => this.of(list, key)),
      )
  }
}

/** The keys, and the bucket as SQL knows it. */
function keyOf({ keys, bucket }: GroupColumns, columns: readonly Column[], row: number): Scalar[] {
  const key = new Array<Scalar>(keys.length)
  for (let i = 0; i < keys.length; i++) key[i] = scalarFrom(columns[i]![row], keys[i]!.kind)
  if (bucket !== undefined) key.push(columns[keys.length]![row] as number)
  return key
}

function scalarFrom(value: unknown, kind: KeyKind): Scalar {
  if (value === null || value === undefined || kind === 'missing') return null
  if (kind === 'identity') return fromIdentity(value as string)
  return kind === 'boolean' ? value === true || value === 1 : (value as Scalar)
}

/** @returns what makes the states of a group from the values of {@link GroupColumns.states}, or undefined where one can't be made */
function stateMaker({ calls }: Plan, groups: GroupColumns): (value: (at: number) => unknown) => State[] | undefined {
  const makers = groups.calls.map(({ call: { aggregate }, at }) => ({
    aggregate,
    at,
    values: new Array<unknown>(at.length),
  }))
  const own = calls.map(({ slot }) => groups.calls.findIndex(({ call }) => call === calls[slot]))
  return value => {
    const made = new Array<State>(makers.length)
    for (let i = 0; i < makers.length; i++) {
      const { aggregate, at, values } = makers[i]!
      for (let j = 0; j < at.length; j++) values[j] = value(at[j]!)
      if ((made[i] = aggregate.fromSql(values)) === undefined) return undefined
    }
    return own.length === made.length ? made : own.map(i => made[i])
  }
}

/** The groups by the bucket they belong to; SQL knows only a part of a bucket that is longer than a day, or a day elsewhere. */
function inBuckets(ready: Plan, groups: Group[], halves: boolean): ReadonlyMap<string, Group> {
  const { bucket } = ready
  const parted = bucket !== undefined && bucket.ms >= DAY && (bucket.ms > DAY || bucket.zone !== 'UTC')
  if (!parted && !halves) return new GroupList(groups)
  const found = new Map<string, Group>()
  for (const group of groups) {
    const { key, states } = group
    const one = parted ? { key: [...key.slice(0, -1), bucketStart(key.at(-1) as number, bucket)], states } : group
    const text = groupKey(one.key)
    const other = found.get(text)
    found.set(text, other === undefined ? one : mergeGroups(ready, other, one))
  }
  return found
}
