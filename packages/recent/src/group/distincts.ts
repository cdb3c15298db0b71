import { FIRST_TEXT, NUMBER } from '@telltale/event'
import { type Distinct, DistinctCounts, DistinctValues, type Expression } from '@telltale/query'
import type { Cells } from '../cells.ts'
import { columnsOf } from '../columns.ts'
import { scalarAt } from '../scalar.ts'
import { doubles, ints } from '../scratch.ts'
import type { Assigned } from './groups.ts'
import { gatherCells } from './numbers.ts'
import type { Tally } from './tally.ts'
import { eachValue } from './values.ts'

/** For uniq: each value is numbered and hashed once, whatever the groups and chunks it is met in. */
export class Distincts implements Tally {
  readonly #argument: Expression
  readonly #each: ReturnType<typeof eachValue>
  readonly #values: DistinctValues = new DistinctValues()
  readonly #counts: DistinctCounts[] = []
  readonly #found: Float64Array = doubles()
  readonly #of: Int32Array = ints()

  constructor(argument: Expression) {
    this.#argument = argument
    this.#each = eachValue(argument)
  }

  add({ chunk, groups, count }: Assigned): void {
    const counts = this.#counts
    while (counts.length < count) counts.push(new DistinctCounts(this.#values))
    const columns = this.#argument.kind === 'field' ? columnsOf(chunk, this.#argument.name) : undefined
    if (columns !== undefined) for (const cells of columns) this.#addCells(cells, groups)
    else this.#each(chunk, groups, (group, value) => counts[group]!.add(this.#values.of(value)))
  }

  #addCells(cells: Cells, groups: Int32Array): void {
    const counts = this.#counts
    const count = gatherCells(cells, groups, this.#found, this.#of)
    for (let i = 0; i < count; i++) counts[this.#of[i]!]!.addNumber(this.#found[i]!)
    if (cells.codes !== undefined || cells.numbers === undefined) this.#addTexts(cells, groups)
  }

  #addTexts({ rows, codes, count, texts }: Cells, groups: Int32Array): void {
    const counts = this.#counts
    const values = this.#values
    /** The number of each code's value; -1 where it is missing. */
    const known = new Int32Array(texts.size)
    known[NUMBER] = -1
    for (let i = 0; i < count; i++) {
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

  state(group: number): Distinct {
    return (this.#counts[group] ?? new DistinctCounts(this.#values)).distinct()
  }
}
