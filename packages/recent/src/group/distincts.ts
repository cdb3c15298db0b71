import { FIRST_TEXT, NUMBER } from '@telltale/event'
import { type Distinct, DistinctCounts, DistinctValues, type Expression, type Steps } from '@telltale/query'
import type { Cells } from '../cells.ts'
import { columnsOf } from '../columns.ts'
import { scalarAt } from '../scalar.ts'
import type { Scratch } from '../scratch.ts'
import type { Assigned } from './groups.ts'
import { gatherCells } from './numbers.ts'
import type { Tally } from './tally.ts'
import { eachValue } from './values.ts'

/** Numbers, and texts, to a step. */
const NUMBERS = 8192
const TEXTS = 512

/** For uniq: each value is numbered and hashed once, whatever the groups and chunks it is met in. */
export class Distincts implements Tally {
  readonly #argument: Expression
  readonly #each: ReturnType<typeof eachValue>
  readonly #values: DistinctValues = new DistinctValues()
  readonly #counts: DistinctCounts[] = []
  readonly #found: Float64Array
  readonly #of: Int32Array

  constructor(argument: Expression, scratch: Scratch) {
    this.#argument = argument
    this.#each = eachValue(argument)
    this.#found = scratch.doubles()
    this.#of = scratch.ints()
  }

  *add({ chunk, groups, count }: Assigned): Steps<void> {
    const counts = this.#counts
    while (counts.length < count) counts.push(new DistinctCounts(this.#values))
    const columns = this.#argument.kind === 'field' ? columnsOf(chunk, this.#argument.name) : undefined
    if (columns !== undefined) for (const cells of columns) yield* this.#addCells(cells, groups)
    else yield* this.#each(chunk, groups, (group, value) => counts[group]!.add(this.#values.of(value)))
  }

  *#addCells(cells: Cells, groups: Int32Array): Steps<void> {
    const count = gatherCells(cells, groups, this.#found, this.#of)
    for (let from = 0; from < count; from += NUMBERS) {
      this.#addNumbers(from, Math.min(count, from + NUMBERS))
      yield
    }
    if (cells.codes === undefined && cells.numbers !== undefined) return
    /** The number of each code's value; -1 where it is missing. */
    const known = new Int32Array(cells.texts.size)
    known[NUMBER] = -1
    for (let from = 0; from < cells.count; from += TEXTS) {
      this.#addTexts(cells, from, Math.min(cells.count, from + TEXTS), known, groups)
      yield
    }
  }

  #addNumbers(from: number, to: number): void {
    const counts = this.#counts
    const of = this.#of
    const found = this.#found
    for (let i = from; i < to; i++) counts[of[i]!]!.addNumber(found[i]!)
  }

  #addTexts({ rows, codes, texts }: Cells, from: number, to: number, known: Int32Array, groups: Int32Array): void {
    const counts = this.#counts
    const values = this.#values
    for (let i = from; i < to; i++) {
      const group = groups[rows === undefined ? i : rows[i]!]!
      if (group < 0) continue
      const code = codes === undefined ? FIRST_TEXT + i : codes[i]!
      if (known[code] === 0) {
        const value = scalarAt(texts, code)
        known[code] = value === null ? -1 : values.of(value)
      }
      if (known[code]! > 0) counts[group]!.add(known[code]!)
    }
  }

  *settling(): Steps<void> {
    for (const counts of this.#counts) yield* counts.settling()
  }

  state(group: number): Distinct {
    return (this.#counts[group] ?? new DistinctCounts(this.#values)).distinct()
  }
}
