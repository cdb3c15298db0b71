import type { Column } from '@telltale/event'
import { type Expression, resolve, valuer } from '@telltale/query'
import type { BatchRows } from '@telltale/query/batch'

/** The numbers an expression has in the rows of a batch. */
export class Numbers {
  readonly #source: BatchRows
  readonly #computed: (row: number) => unknown
  readonly #columns: (() => readonly Column[]) | undefined
  #turn = -1
  #column: Column | undefined
  #isComputed = false

  constructor(expression: Expression, source: BatchRows) {
    this.#source = source
    this.#computed = valuer(expression, source)
    const place = expression.kind === 'field' ? resolve(expression.name) : undefined
    if (place?.kind === 'path') this.#columns = source.named(place.name)
  }

  /** A row's number; NaN where it has none. */
  of(row: number): number {
    if (this.#turn !== this.#source.turns) this.#bind()
    if (this.#isComputed) {
      const value = this.#computed(row)
      return typeof value === 'number' ? (value === 0 ? 0 : value) : Number.NaN
    }
    const numbers = this.#column?.numbers
    if (numbers === undefined) return Number.NaN
    const cell = this.#column!.at(row)
    if (cell < 0) return Number.NaN
    const value = numbers[cell]!
    return value === 0 ? 0 : value
  }

  #bind(): void {
    this.#turn = this.#source.turns
    const columns = this.#columns?.()
    this.#isComputed = columns === undefined || columns.length > 1
    this.#column = columns?.[0]
  }
}
