import { NUMBER } from '@telltale/event'
import { ARITHMETIC, type Expression, ofEvent, type Steps, valuer } from '@telltale/query'
import type { Cells } from './cells.ts'
import { MAX_ROWS } from './chunk.ts'
import type { ChunkView } from './chunk-view.ts'
import { columnsOf } from './columns.ts'
import { EVENTS } from './event-steps.ts'
import type { Numbers } from './numbers.ts'
import type { Scratch } from './scratch.ts'

/** The numbers of an expression for the rows of a chunk with a mark, NaN where it is none. The array is the caller's until it asks again. */
export type NumbersOf = (chunk: ChunkView, mask: Uint8Array) => Steps<Float64Array>

/** How to get an expression's numbers. */
export function numbersOf(expression: Expression, scratch: Scratch): NumbersOf {
  const room = scratch.doubles()
  const slow = eventByEvent(expression, room)
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression
      // biome-ignore lint/correctness/useYield: it is one step
      return function* ({ length }) {
        return room.fill(typeof value === 'number' ? value : Number.NaN, 0, length)
      }
    }
    case 'field':
      return function* (chunk, mask) {
        const columns = columnsOf(chunk, expression.name)
        if (columns === undefined) return yield* slow(chunk, mask)
        room.fill(Number.NaN, 0, chunk.length)
        for (const cells of columns) scatter(cells, room)
        return room
      }
    case 'arithmetic': {
      const left = numbersOf(expression.left, scratch)
      const right = numbersOf(expression.right, scratch)
      const { apply } = ARITHMETIC[expression.op]
      return function* (chunk, mask) {
        const a = yield* left(chunk, mask)
        const b = yield* right(chunk, mask)
        calculate(apply, a, b, room, chunk.length)
        yield
        return room
      }
    }
    default:
      return slow
  }
}

function calculate(
  apply: (a: number, b: number) => number,
  a: Float64Array,
  b: Float64Array,
  into: Float64Array,
  length: number,
): void {
  for (let row = 0; row < length; row++) {
    const result = apply(a[row]!, b[row]!)
    into[row] = Number.isFinite(result) ? result : Number.NaN
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
  return function* (chunk, mask) {
    let made = 0
    for (let row = 0; row < chunk.length; row++) {
      const value = mask[row] === 1 ? evaluated(chunk.event(row)) : null
      room[row] = typeof value === 'number' ? value : Number.NaN
      if (mask[row] === 1 && ++made % EVENTS === 0) yield
    }
    return room
  }
}
