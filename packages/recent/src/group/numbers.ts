import { NUMBER } from '@telltale/event'
import type { Expression, Steps } from '@telltale/query'
import type { Cells } from '../cells.ts'
import { columnsOf } from '../columns.ts'
import { cellsOf, isFew } from '../few-cells.ts'
import { numbersOf } from '../numeric.ts'
import type { Scratch } from '../scratch.ts'
import type { Assigned } from './groups.ts'

/** Cells to a step, so that what is worked on between stays in the nearest cache. */
const CELLS = 8192
/** At first there are fewer, and a few more each time: what V8 has not compiled yet takes many times as long. */
const MORE = 64
let some = 512

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
  const found = scratch.ints()
  const rows = scratch.ints()
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
      if (cells.numbers === undefined) continue
      if (isFew(selection)) {
        const few = cellsOf(cells, selection, found, rows)
        const count = fewNumbers(cells, found, rows, few, assigned.groups, values, groups)
        if (count > 0) sink.take(values, groups, count)
        yield
        continue
      }
      for (let from = 0; from < cells.count; ) {
        some = Math.min(CELLS, some + MORE)
        const to = Math.min(cells.count, from + some)
        const count = gatherCells(cells, assigned.groups, values, groups, from, to)
        if (count > 0) sink.take(values, groups, count)
        from = to
        yield
      }
    }
  }
}

/** Lists the numbers of these cells, and the groups of their rows. @returns how many */
function fewNumbers(
  { numbers, codes }: Cells,
  cells: Int32Array,
  rows: Int32Array,
  few: number,
  of: Int32Array,
  values: Float64Array,
  groups: Int32Array,
): number {
  let count = 0
  for (let k = 0; k < few; k++) {
    const i = cells[k]!
    if (codes !== undefined && codes[i] !== NUMBER) continue
    values[count] = numbers!.at(i)
    groups[count++] = of[rows[k]!]!
  }
  return count
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

/** Lists the numbers of a column's cells `from` to `to` whose row has a group, and the groups. @returns how many */
export function gatherCells(
  cells: Cells,
  of: Int32Array,
  values: Float64Array,
  groups: Int32Array,
  from = 0,
  to: number = cells.count,
): number {
  const { numbers, codes, rows } = cells
  if (numbers === undefined) return 0
  const all = to - from
  const { offsets, base, scale, min } = numbers
  if (offsets === undefined) values.fill(min, 0, all)
  else values.set(offsets.subarray(from, to))
  if (codes !== undefined) for (let i = 0; i < all; i++) if (codes[from + i] !== NUMBER) values[i] = Number.NaN
  const some =
    rows === undefined ? compact(of, from, all, values, groups) : compactRows(of, rows, from, all, values, groups)
  const count = codes === undefined ? some : dropNaN(values, groups, some)
  if (offsets !== undefined && scale !== 0) for (let i = 0; i < count; i++) values[i] = (base + values[i]!) / scale
  return count
}

// Without a branch: whatever has no group (-1) is written over.
function compact(of: Int32Array, from: number, all: number, values: Float64Array, groups: Int32Array): number {
  let count = 0
  for (let i = 0; i < all; i++) {
    const group = of[from + i]!
    values[count] = values[i]!
    groups[count] = group
    count += (group >>> 31) ^ 1
  }
  return count
}

function compactRows(
  of: Int32Array,
  rows: Uint16Array,
  from: number,
  all: number,
  values: Float64Array,
  groups: Int32Array,
): number {
  let count = 0
  for (let i = 0; i < all; i++) {
    const group = of[rows[from + i]!]!
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
