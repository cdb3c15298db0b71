import type { Cells } from './cells.ts'
import type { Selection } from './selection.ts'

/** Above this share of rows it is cheaper to look at every cell. */
const FEW = 1 / 16

/** Whether so few rows are selected that their cells are better looked up than all cells gone through. */
export function isFew({ count, mask }: Selection): boolean {
  return count < mask.length * FEW
}

/**
 * Lists the cells of the rows selected, and their rows; rows without one are left out.
 * @returns how many
 */
export function cellsOf(cells: Cells, selection: Selection, found: Int32Array, foundRows: Int32Array): number {
  const { rows, count } = cells
  const wanted = selection.rows
  if (rows === undefined) {
    for (let k = 0; k < selection.count; k++) found[k] = foundRows[k] = wanted[k]!
    return selection.count
  }
  if (count === 0) return 0
  const density = count / selection.mask.length
  let n = 0
  let i = 0
  for (let k = 0; k < selection.count; k++) {
    const row = wanted[k]!
    // About as many cells on as rows, then what that is wrong by.
    i = Math.min(count - 1, i + Math.max(0, ((row - rows[i]!) * density) | 0))
    while (i > 0 && rows[i]! > row) i--
    while (i < count - 1 && rows[i]! < row) i++
    found[n] = i
    foundRows[n] = row
    if (rows[i] === row) n++
  }
  return n
}
