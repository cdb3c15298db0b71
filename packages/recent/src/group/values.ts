import { FIRST_TEXT, NUMBER } from '@telltale/event'
import { type Expression, ofEvent, type Scalar, scalarOf, valuer } from '@telltale/query'
import type { Cells } from '../cells.ts'
import type { Chunk } from '../chunk.ts'
import { columnsOf } from '../columns.ts'
import { scalarAt } from '../scalar.ts'

/** Calls with the value of an expression for each row that has a group (is not -1) and a value (is not missing). */
export type EachValue = (
  chunk: Chunk,
  groups: Int32Array,
  call: (group: number, value: string | number | boolean, row: number) => void,
) => void

export function eachValue(expression: Expression): EachValue {
  const slow = eventByEvent(expression)
  if (expression.kind !== 'field') return slow
  return (chunk, groups, call) => {
    const columns = columnsOf(chunk, expression.name)
    if (columns === undefined) slow(chunk, groups, call)
    else for (const cells of columns) eachCell(cells, groups, call)
  }
}

function eachCell(cells: Cells, groups: Int32Array, call: Parameters<EachValue>[2]): void {
  const { rows, codes, numbers, count, texts } = cells
  const known: (Scalar | undefined)[] = []
  for (let i = 0; i < count; i++) {
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
  return (chunk, groups, call) => {
    for (let row = chunk.first; row < chunk.length; row++) {
      if (groups[row]! < 0) continue
      const value = scalarOf(evaluated(chunk.event(row)))
      if (value !== null) call(groups[row]!, value, row)
    }
  }
}
