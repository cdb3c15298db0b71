import type { Expression } from '@telltale/query'
import type { Chunk } from '../chunk.ts'
import { columnsOf } from '../columns.ts'
import { doublesOf, numbersOf } from '../numeric.ts'
import { bytes, doubles } from '../scratch.ts'

/** Who takes numbers in bulk. */
export interface NumberSink {
  /**
   * Takes values[i] for i < count into the group of row rows[i] (row i without rows); NaN and rows without a group (-1)
   * must be skipped. The arrays are only lent.
   */
  take(values: Float64Array, count: number, rows: Uint16Array | undefined, groups: Int32Array): void
}

/** Hands on an expression's numbers, cell by cell where it is a field. */
export function eachNumber(expression: Expression): (chunk: Chunk, groups: Int32Array, sink: NumberSink) => void {
  const computed = numbersOf(expression)
  const room = doubles()
  const mask = bytes()
  return (chunk, groups, sink) => {
    const columns = expression.kind === 'field' ? columnsOf(chunk, expression.name) : undefined
    if (columns === undefined) {
      for (let row = 0; row < chunk.length; row++) mask[row] = groups[row]! < 0 ? 0 : 1
      sink.take(computed(chunk, mask), chunk.length, undefined, groups)
      return
    }
    for (const cells of columns) {
      const values = doublesOf(cells, room)
      if (values !== undefined) sink.take(values, cells.count, cells.rows, groups)
    }
  }
}
