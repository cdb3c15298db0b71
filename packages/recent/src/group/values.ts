import { FIRST_TEXT, NUMBER } from '@telltale/event'
import { type Expression, ofEvent, type Scalar, type Steps, scalarOf, valuer } from '@telltale/query'
import type { Cells } from '../cells.ts'
import type { ChunkView } from '../chunk-view.ts'
import { columnsOf } from '../columns.ts'
import { EVENTS } from '../event-steps.ts'
import { scalarAt } from '../scalar.ts'

type Call = (group: number, value: string | number | boolean, row: number) => void

/** Calls with the value of an expression for each row that has a group (is not -1) and a value (is not missing). */
export type EachValue = (chunk: ChunkView, groups: Int32Array, call: Call) => Steps<void>

/** Cells to a step. */
const CELLS = 512

export function eachValue(expression: Expression): EachValue {
  const slow = eventByEvent(expression)
  if (expression.kind !== 'field') return slow
  return function* (chunk, groups, call) {
    const columns = columnsOf(chunk, expression.name)
    if (columns === undefined) return yield* slow(chunk, groups, call)
    for (const cells of columns) {
      const known: (Scalar | undefined)[] = []
      for (let from = 0; from < cells.count; from += CELLS) {
        eachCell(cells, from, Math.min(cells.count, from + CELLS), known, groups, call)
        yield
      }
    }
  }
}

function eachCell(
  { rows, codes, numbers, texts }: Cells,
  from: number,
  to: number,
  known: (Scalar | undefined)[],
  groups: Int32Array,
  call: Call,
): void {
  for (let i = from; i < to; i++) {
    const row = rows === undefined ? i : rows[i]!
    const group = groups[row]!
    if (group < 0) continue
    const code = codes !== undefined ? codes[i]! : numbers !== undefined ? NUMBER : FIRST_TEXT + i
    if (code === NUMBER) {
      const value = numbers!.at(i)
      call(group, value === 0 ? 0 : value, row)
      continue
    }
    const value = codes === undefined ? scalarAt(texts, code) : (known[code] ??= scalarAt(texts, code))
    if (value !== null) call(group, value, row)
  }
}

function eventByEvent(expression: Expression): EachValue {
  const evaluated = valuer(expression, ofEvent)
  return function* (chunk, groups, call) {
    let made = 0
    for (let row = chunk.first; row < chunk.length; row++) {
      if (groups[row]! < 0) continue
      const value = scalarOf(evaluated(chunk.event(row)))
      if (value !== null) call(groups[row]!, value, row)
      if (++made % EVENTS === 0) yield
    }
  }
}
