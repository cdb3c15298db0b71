import type { Steps } from '@telltale/query'
import { TABLE } from '../scratch.ts'
import type { Selection } from '../selection.ts'
import { Pairs } from './pairs.ts'

/** Rows paired in a step. */
const PAIRED = 4096

/** The keys of a chunk's rows as one number a row. */
export interface Combined {
  readonly ids: Int32Array
  /** All ids are below this. */
  readonly size: number
  /** Which group it is, or part of a group, over all chunks. */
  number(id: number): number
}

/** Both as one: by a table while that is small. */
export function* paired(
  left: Combined,
  right: Combined,
  step: Pairs,
  selection: Selection,
  ids: Int32Array,
): Steps<Combined> {
  const { size: more } = right
  const { count, mask } = selection
  const size = left.size * more
  const a = left.ids
  const b = right.ids
  if (size <= TABLE) multiply(a, b, more, selection, ids)
  else {
    const { rows } = selection
    const found = new Pairs()
    ids.fill(0, 0, mask.length)
    for (let from = 0; from < count; from += PAIRED) {
      yield* found.reserve(PAIRED)
      pair(a, b, rows, from, Math.min(count, from + PAIRED), found, ids)
      yield
    }
    const number = (id: number): number => step.of(left.number(found.left[id]!), right.number(found.right[id]!))
    return { ids, size: found.count, number }
  }
  return { ids, size, number: id => step.of(left.number((id / more) | 0), right.number(id % more)) }
}

function multiply(a: Int32Array, b: Int32Array, more: number, selection: Selection, ids: Int32Array): void {
  if (selection.isDense) {
    const { length } = selection.mask
    for (let row = 0; row < length; row++) ids[row] = Math.imul(a[row]!, more) + b[row]!
    return
  }
  const { rows, count } = selection
  for (let i = 0; i < count; i++) ids[rows[i]!] = Math.imul(a[rows[i]!]!, more) + b[rows[i]!]!
}

function pair(
  a: Int32Array,
  b: Int32Array,
  rows: Uint16Array,
  from: number,
  to: number,
  found: Pairs,
  ids: Int32Array,
): void {
  for (let i = from; i < to; i++) ids[rows[i]!] = found.of(a[rows[i]!]!, b[rows[i]!]!)
}
