import { type Batch, type Json, type RowView, rowView, setInfo, setTags, setWord } from '@telltale/event'
import { parse } from '@telltale/query'
import { type Selector, selector } from '@telltale/query/batch'
import { atOnce, Code, eventOf, type Failure, type Guard, said } from './guard.ts'
import type { FailureReport } from './process.ts'

/** Says of some events that they are something else than their sender thought. */
export interface ClassifyRule {
  /** A filter of the query language, or any code. */
  when: string | ((event: RowView) => boolean)
  /** What matching events become: `type`, `hostname`, `md5`, or any path of additional_info. */
  set?: Readonly<Record<string, Json>>
  /** Tags to add. */
  tag?: string | readonly string[]
}

/** A rule ready to run. */
export interface Classifier {
  /** Its `when`, where that is code. */
  readonly code: Code | undefined
  /** Changes the batch in place. */
  run(batch: Batch, guard: Guard, report: FailureReport): void
}

/** Rules that cannot be understood throw an error that says which one, where, and what was expected. */
export function classifier(rule: ClassifyRule, position: number): Classifier {
  const where = typeof rule.when === 'string' ? filterOf(rule.when, position) : undefined
  const when = typeof rule.when === 'function' ? new When(`classify[${position}]`, rule.when) : undefined
  const tags = rule.tag === undefined ? [] : typeof rule.tag === 'string' ? [rule.tag] : rule.tag
  const set = Object.entries(rule.set ?? {})
  return {
    code: when,
    run(batch, guard, report) {
      const rows = where !== undefined ? where(batch) : when!.rows(batch, guard, report)
      if (rows.length === 0) return
      for (const [name, value] of set) {
        if (isWord(name)) for (const row of rows) setWord(batch, name, row, value as string)
        else setInfo(batch, name.split('.'), Array.from(rows), Array(rows.length).fill(value))
      }
      if (tags.length > 0)
        for (const row of rows)
          setTags(batch, row, [...(batch.dictionary.value(batch.tags[row]!) as string[]), ...tags])
    },
  }
}

/** Whether it stands at the top of an event. */
export function isWord(name: string): name is 'type' | 'hostname' | 'md5' {
  return name === 'type' || name === 'hostname' || name === 'md5'
}

function filterOf(text: string, position: number): Selector {
  const { query, error } = parse(text)
  if (error !== undefined) {
    const hint = error.hint === undefined ? '' : ` (${error.hint})`
    throw new Error(`classify[${position}].when: ${error.message}, at character ${error.position} of "${text}"${hint}`)
  }
  const { filter, aggregates, set, range, limit } = query
  if (filter === undefined || aggregates.length > 0 || set.length > 0 || range !== undefined || limit !== undefined)
    throw new Error(`classify[${position}].when: expected a filter such as "type = exception", found "${text}"`)
  return selector(query)
}

/** A rule's own code. */
class When extends Code {
  readonly #test: (event: RowView) => boolean

  constructor(name: string, test: (event: RowView) => boolean) {
    super(name)
    this.#test = test
  }

  /** Where it throws, the event goes on as it is. */
  rows(batch: Batch, guard: Guard, report: FailureReport): Uint32Array {
    const matches = new Uint8Array(batch.length)
    if (this.off !== undefined) return new Uint32Array(0)
    const failures: Failure[] = []
    const { meter, name } = this
    const started = meter.start()
    guard.over(batch.length, row => {
      if (this.off !== undefined) return
      guard.running = this
      try {
        matches[row] = atOnce(this.#test(rowView(batch, row))) ? 1 : 0
      } catch (error) {
        failures.push({ name, message: said(error), from: eventOf(batch, row) })
      }
    })
    meter.stop(started, batch.length)
    for (const failure of failures) {
      meter.failed()
      report(failure)
    }
    const rows = new Uint32Array(batch.length)
    let n = 0
    for (let row = 0; row < batch.length; row++) if (matches[row] === 1) rows[n++] = row
    return rows.subarray(0, n)
  }
}
