import { NUMBER } from '@telltale/event'
import type { Expression, Steps } from '@telltale/query'
import type { Cells } from '../cells.ts'
import { columnsOf } from '../columns.ts'
import { numbersOf } from '../numeric.ts'
import type { Scratch } from '../scratch.ts'
import type { Assigned } from './groups.ts'

/** Who takes numbers in bulk. */
export interface NumberSink {
  /** Takes values[i], which is a number and not NaN, into the group groups[i], for i < count. The arrays are only lent. */
  take(values: Float64Array, groups: Int32Array, count: number): void
}

/** Hands on an expression's numbers, cell by cell where it is a field. */
export function eachNumber(
  expression: Expression,
  scratch: Scratch,
): (assigned: Assigned, sink: NumberSink) => Steps<void> {
  const computed = numbersOf(expression, scratch)
  const values = scratch.doubles()
  const groups = scratch.ints()
  return function* (assigned, sink) {
    const { chunk, selection } = assigned
    const columns = expression.kind === 'field' ? columnsOf(chunk, expression.name) : undefined
    if (columns === undefined) {
      const found = yield* computed(chunk, selection.mask)
      sink.take(values, groups, numbersIn(found, assigned.groups, chunk.length, values, groups))
      yield
      return
    }
    for (const cells of columns) {
      const count = gatherCells(cells, assigned.groups, values, groups)
      if (count > 0) sink.take(values, groups, count)
      yield
    }
  }
}

/** Lists the numbers of rows that have a group. @returns how many */
function numbersIn(
  found: Float64Array,
  of: Int32Array,
  length: number,
  values: Float64Array,
  groups: Int32Array,
): number {
  let count = 0
  for (let row = 0; row < length; row++) {
    values[count] = found[row]!
    groups[count] = of[row]!
    if (groups[count]! >= 0 && found[row] === found[row]) count++
  }
  return count
}

/** Lists the numbers of a column's cells whose row has a group, and the groups. @returns how many */
export function gatherCells(cells: Cells, of: Int32Array, values: Float64Array, groups: Int32Array): number {
  const { numbers, codes, rows, count: all } = cells
  if (numbers === undefined) return 0
  const { offsets, base, scale, min } = numbers
  if (offsets === undefined) values.fill(min, 0, all)
  else values.set(offsets.subarray(0, all))
  if (codes !== undefined) for (let i = 0; i < all; i++) if (codes[i] !== NUMBER) values[i] = Number.NaN
  const some = rows === undefined ? compact(of, all, values, groups) : compactRows(of, rows, all, values, groups)
  const count = codes === undefined ? some : dropNaN(values, groups, some)
  if (offsets !== undefined && scale !== 0) for (let i = 0; i < count; i++) values[i] = (base + values[i]!) / scale
  return count
}

// Without a branch: whatever has no group (-1) is written over.
function compact(of: Int32Array, all: number, values: Float64Array, groups: Int32Array): number {
  let count = 0
  for (let i = 0; i < all; i++) {
    const group = of[i]!
    values[count] = values[i]!
    groups[count] = group
    count += (group >>> 31) ^ 1
  }
  return count
}

function compactRows(of: Int32Array, rows: Uint16Array, all: number, values: Float64Array, groups: Int32Array): number {
  let count = 0
  for (let i = 0; i < all; i++) {
    const group = of[rows[i]!]!
    values[count] = values[i]!
    groups[count] = group
    count += (group >>> 31) ^ 1
  }
  return count
}

function dropNaN(values: Float64Array, groups: Int32Array, all: number): number {
  let count = 0
  for (let i = 0; i < all; i++) {
    const value = values[i]!
    if (value !== value) continue
    values[count] = value
    groups[count] = groups[i]!
    count++
  }
  return count
}
