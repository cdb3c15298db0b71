import { plan, type Query, type Result, type Scalar } from '@telltale/query'
import type { Entry } from './entry.ts'
import type { Store } from './store.ts'

/** What became of a standing query's rows. */
export interface Changes {
  /** What to ask with next time. */
  readonly cursor: string
  /** All that was known before is void: `rows` are all there are. */
  readonly reset: boolean
  readonly columns: Result['columns']
  /** New rows, and those that changed; in no order, for `sort` is of the whole. */
  readonly rows: readonly (readonly unknown[])[]
  /** The keys (and time) of rows that are no more. */
  readonly gone: readonly (readonly Scalar[])[]
}

interface Shown {
  readonly key: readonly Scalar[]
  readonly row: readonly unknown[]
  readonly text: string
  readonly version: number
}

/** Rows gone that are remembered, for those who ask with a cursor. */
const MOST_GONE = 10_000

/** The rows of a standing query as someone saw them last: what changed since. Keeps nothing until it is first asked. */
export class View {
  readonly #query: Query
  readonly #store: Store
  readonly #finish: (entries: Iterable<Entry>) => Result
  readonly #keyColumns: readonly number[]
  /** `limit` and rows without a key are of the whole, so all of them are computed. */
  readonly #atOnce: boolean
  /** By the entry's text, then by the row's key. */
  readonly #shown: Map<string, Map<string, Shown>> = new Map()
  readonly #gone: Map<string, { key: readonly Scalar[]; version: number }> = new Map()
  /** Who asks with a cursor below this has missed something. */
  #floor = 0
  #version = 0
  #all = true
  readonly #epoch: string
  #columns: Result['columns'] = []

  /** @param finish the query's answer from some of its entries */
  constructor(query: Query, store: Store, finish: (entries: Iterable<Entry>) => Result) {
    this.#query = query
    this.#store = store
    this.#finish = finish
    this.#keyColumns = plan(query).columns.flatMap(({ source }, i) =>
      source === 'key' || source === 'time' ? [i] : [],
    )
    this.#atOnce = query.limit !== undefined || query.by.length === 0
    this.#epoch = crypto.randomUUID()
  }

  /** All rows may be different. */
  moved(): void {
    this.#all = true
  }

  changes(cursor: string | undefined): Changes {
    this.#refresh()
    const [epoch, text = ''] = cursor?.split('.') ?? []
    const since = Number(text)
    const reset = epoch !== this.#epoch || !(since >= this.#floor && since <= this.#version)
    const rows: Shown['row'][] = []
    for (const shown of this.#shown.values())
      for (const { row, version } of shown.values()) if (reset || version > since) rows.push(row)
    const gone = reset ? [] : [...this.#gone.values()].filter(({ version }) => version > since).map(({ key }) => key)
    return { cursor: `${this.#epoch}.${this.#version}`, reset, columns: this.#columns, rows, gone }
  }

  #refresh(): void {
    const store = this.#store
    if (store.overflowed) this.#all = true
    store.watched = true
    const dirty = store.look()
    if (!this.#all && dirty.length === 0) return
    this.#version++
    if (this.#atOnce) this.#show('', this.#finish(this.#store.entries.values()))
    else if (this.#all) this.#showAll()
    else {
      for (const entry of dirty) if (entry.gone) this.#show(entry.text, undefined)
      this.#split(dirty.filter(({ gone }) => !gone))
    }
    this.#all = false
  }

  #showAll(): void {
    for (const text of this.#shown.keys()) if (!this.#store.entries.has(text)) this.#show(text, undefined)
    this.#split([...this.#store.entries.values()])
  }

  /** Shows the rows of some entries, each entry's apart. */
  #split(entries: readonly Entry[]): void {
    const result = this.#finish(entries)
    const keys = plan(this.#query).columns.flatMap(({ source, index }, i) =>
      source === 'key' ? [[index, i] as const] : [],
    )
    keys.sort((a, b) => a[0] - b[0])
    const byEntry = new Map<string, Result['rows'][number][]>(entries.map(({ text }) => [text, []]))
    for (const row of result.rows) byEntry.get(JSON.stringify(keys.map(([, i]) => row[i])))!.push(row)
    for (const [text, rows] of byEntry) this.#show(text, { columns: result.columns, rows })
  }

  /** Notes the rows an entry has now; none where it is gone. */
  #show(entry: string, result: Result | undefined): void {
    const before = this.#shown.get(entry)
    const after = new Map<string, Shown>()
    if (result !== undefined && (result.rows.length > 0 || this.#columns.length === 0)) this.#columns = result.columns
    for (const row of result?.rows ?? []) {
      const key = this.#keyColumns.map(i => row[i] as Scalar)
      const text = JSON.stringify(row)
      const at = JSON.stringify(key)
      const known = before?.get(at)
      after.set(at, known?.text === text ? known : { key, row, text, version: this.#version })
      this.#gone.delete(at)
    }
    for (const [at, { key }] of before ?? []) if (!after.has(at)) this.#bury(at, key)
    if (after.size > 0) this.#shown.set(entry, after)
    else this.#shown.delete(entry)
  }

  #bury(at: string, key: readonly Scalar[]): void {
    this.#gone.delete(at)
    this.#gone.set(at, { key, version: this.#version })
    if (this.#gone.size <= MOST_GONE) return
    const [oldest, { version }] = this.#gone.entries().next().value!
    this.#gone.delete(oldest)
    this.#floor = Math.max(this.#floor, version)
  }
}
