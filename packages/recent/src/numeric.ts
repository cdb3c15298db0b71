import { NUMBER } from '@telltale/event'
import { ARITHMETIC, type Expression, ofEvent, valuer } from '@telltale/query'
import type { Cells } from './cells.ts'
import { type Chunk, MAX_ROWS } from './chunk.ts'
import { columnsOf } from './columns.ts'
import type { Numbers } from './numbers.ts'
import { doubles } from './scratch.ts'

/** The numbers of an expression for the rows of a chunk with a mark, NaN where it is none. The array is the caller's until it asks again. */
export type NumbersOf = (chunk: Chunk, mask: Uint8Array) => Float64Array

/** How to get an expression's numbers. */
export function numbersOf(expression: Expression): NumbersOf {
  const room = doubles()
  const slow = eventByEvent(expression, room)
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression
      return ({ length }) => room.fill(typeof value === 'number' ? value : Number.NaN, 0, length)
    }
    case 'field':
      return (chunk, mask) => {
        const columns = columnsOf(chunk, expression.name)
        if (columns === undefined) return slow(chunk, mask)
        room.fill(Number.NaN, 0, chunk.length)
        for (const cells of columns) scatter(cells, room)
        return room
      }
    case 'arithmetic': {
      const left = numbersOf(expression.left)
      const right = numbersOf(expression.right)
      const { apply } = ARITHMETIC[expression.op]
      return (chunk, mask) => {
        const a = left(chunk, mask)
        const b = right(chunk, mask)
        for (let row = 0; row < chunk.length; row++) {
          const result = apply(a[row]!, b[row]!)
          room[row] = Number.isFinite(result) ? result : Number.NaN
        }
        return room
      }
    }
    default:
      return slow
  }
}

const decoded = new Float64Array(MAX_ROWS)

function scatter(cells: Cells, into: Float64Array): void {
  const values = doublesOf(cells, decoded)
  if (values === undefined) return
  const { rows, count } = cells
  if (rows === undefined) into.set(values.subarray(0, count))
  else for (let i = 0; i < count; i++) into[rows[i]!] = values[i]!
}

/** A column's numbers, one a cell, NaN where a cell is none; in `room` unless they are kept as doubles. undefined where no cell is a number. */
export function doublesOf({ numbers, codes, count }: Cells, room: Float64Array): Float64Array | undefined {
  if (numbers === undefined) return undefined
  const values = decode(numbers, count, room)
  if (codes !== undefined && values === room)
    for (let i = 0; i < count; i++) if (codes[i] !== NUMBER) room[i] = Number.NaN
  return values
}

/** The first `count` numbers as doubles; in `room` unless they are kept so. */
export function decode({ offsets, base, scale, min }: Numbers, count: number, room: Float64Array): Float64Array {
  if (offsets instanceof Float64Array) return offsets
  if (offsets === undefined) return room.fill(min, 0, count)
  // Copied first, so that offsets of any width are read in one loop made for one kind of array.
  room.set(offsets.subarray(0, count))
  if (scale === 1) for (let i = 0; i < count; i++) room[i] = base + room[i]!
  else if (scale !== 0) for (let i = 0; i < count; i++) room[i] = (base + room[i]!) / scale
  return room
}

function eventByEvent(expression: Expression, room: Float64Array): NumbersOf {
  const evaluated = valuer(expression, ofEvent)
  return (chunk, mask) => {
    for (let row = 0; row < chunk.length; row++) {
      const value = mask[row] === 1 ? evaluated(chunk.event(row)) : null
      room[row] = typeof value === 'number' ? value : Number.NaN
    }
    return room
  }
}
