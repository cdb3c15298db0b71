import { FIRST_TEXT, NULL, NUMBER } from '@telltale/event'
import {
  type Bucket,
  bucketEnd,
  bucketStart,
  type Expression,
  ofEvent,
  type Scalar,
  type Steps,
  scalarOf,
  valuer,
} from '@telltale/query'
import type { Cells } from '../cells.ts'
import type { ChunkView } from '../chunk-view.ts'
import { columnsOf } from '../columns.ts'
import { EVENTS } from '../event-steps.ts'
import { cellsOf, isFew } from '../few-cells.ts'
import { compile } from '../filter/compile.ts'
import type { Condition } from '../filter/condition.ts'
import { decode } from '../numeric.ts'
import { scalarAt } from '../scalar.ts'
import type { Scratch } from '../scratch.ts'
import type { Selection } from '../selection.ts'

/** A key's value for each row of a chunk, as a small number of the chunk's own. Valid until the key is asked again. */
export interface Locals {
  /** One a row; those of rows not selected mean nothing, but are below `size` too. */
  readonly ids: Int32Array
  /** The same, where they are kept as bytes. */
  readonly bytes?: Uint8Array | undefined
  /** All ids are below this. */
  readonly size: number
  value(id: number): Scalar
}

/** What rows are grouped by: asked of a chunk, for the rows selected. */
export type Key = (chunk: ChunkView, selection: Selection) => Steps<Locals>

const NONE: Scalar = null

/** How to group by an expression. */
export function keyOf(expression: Expression, scratch: Scratch): Key {
  if (expression.kind === 'field') return fieldKey(expression.name, scratch)
  if (isCondition(expression)) return conditionKey(compile(expression, scratch), scratch.ints())
  return computedKey(expression, scratch.ints())
}

function isCondition({ kind }: Expression): boolean {
  return kind !== 'field' && kind !== 'literal' && kind !== 'arithmetic'
}

/** A condition: true or false. */
function conditionKey(condition: Condition, ids: Int32Array): Key {
  return function* (chunk, { mask }) {
    const narrow = yield* condition(chunk)
    if (narrow === 'always' || narrow === 'never') ids.fill(narrow === 'always' ? 1 : 0, 0, chunk.length)
    else {
      const holds = mask.slice()
      yield* narrow(holds)
      ids.set(holds)
    }
    return { ids, size: 2, value: id => id === 1 }
  }
}

/** A field: the codes of its columns are the ids. */
function fieldKey(name: string, scratch: Scratch): Key {
  const ids = scratch.ints()
  const room = scratch.ints()
  const more = scratch.ints()
  const slow = computedKey({ kind: 'field', name }, ids)
  return function* (chunk, selection) {
    const columns = columnsOf(chunk, name)
    if (columns === undefined) return yield* slow(chunk, selection)
    const [only] = columns
    if (columns.length === 1 && only!.rows === undefined && only!.codes !== undefined && only!.numbers === undefined) {
      const { texts, count } = only!
      const codes = only!.codes.subarray(0, count)
      ids.set(codes)
      const bytes = codes instanceof Uint8Array ? codes : undefined
      return { ids, bytes, size: texts.size, value: code => scalarAt(texts, code) }
    }
    ids.fill(0, 0, chunk.length)
    const parts = columns.map(cells => ({ cells, start: 0, numbers: NO_NUMBERS }))
    let size = 1
    for (const part of parts) {
      part.start = size
      if (part.cells.numbers === undefined && isFew(selection)) scatterFew(part.cells, size, selection, room, more, ids)
      else part.numbers = yield* scatter(part.cells, size, ids, room)
      size += part.cells.texts.size + part.numbers.size
    }
    return {
      ids,
      size,
      value(id) {
        const part = parts.findLast(({ start }) => start <= id)
        if (part === undefined) return NONE
        const { cells, numbers, start } = part
        const code = id - start
        return code < cells.texts.size ? scalarAt(cells.texts, code) : numbers.value(code - cells.texts.size)
      },
    }
  }
}

/** The numbers of a column, known by id. */
interface NumberIds {
  readonly size: number
  value(id: number): number
}

const NO_NUMBERS: NumberIds = { size: 0, value: () => 0 }
const SMALL = 0x10000
/** Numbers looked up in a step. */
const NUMBERED = 1024

/** Sets ids[i] to an id of cell i's number. */
function* numberIds({ numbers, count }: Cells, ids: Int32Array): Steps<NumberIds> {
  if (numbers === undefined) return NO_NUMBERS
  const { offsets, scale, base } = numbers
  if (offsets === undefined) {
    ids.fill(0, 0, count)
    return { size: 1, value: () => numbers.min }
  }
  const span = (numbers.max - numbers.min) * scale
  if (scale !== 0 && span < SMALL) {
    ids.set(offsets.subarray(0, count))
    return { size: Math.round(span) + 2, value: id => (base + id) / scale }
  }
  const known = new Map<number, number>()
  const values: number[] = []
  for (let i = 0; i < count; i++) {
    const value = numbers.at(i)
    let id = known.get(value)
    if (id === undefined) {
      id = values.push(value === 0 ? 0 : value) - 1
      known.set(value, id)
    }
    ids[i] = id
    if (i % NUMBERED === NUMBERED - 1) yield
  }
  return { size: values.length, value: id => values[id]! }
}

/** Sets the id of each cell's row, from `start` on: first come the texts' codes, then the numbers. */
function* scatter(cells: Cells, start: number, ids: Int32Array, room: Int32Array): Steps<NumberIds> {
  const numbers = yield* numberIds(cells, room)
  const first = start + cells.texts.size
  scatterIds(cells, start, first, room, ids)
  return numbers
}

/** The same for the rows selected alone, where there are no numbers. */
function scatterFew(
  cells: Cells,
  start: number,
  selection: Selection,
  found: Int32Array,
  rows: Int32Array,
  ids: Int32Array,
): void {
  const { codes } = cells
  const few = cellsOf(cells, selection, found, rows)
  for (let k = 0; k < few; k++) {
    const code = codes === undefined ? FIRST_TEXT + found[k]! : codes[found[k]!]!
    if (code !== NULL) ids[rows[k]!] = start + code
  }
}

function scatterIds(
  { rows, codes, numbers, count }: Cells,
  start: number,
  first: number,
  room: Int32Array,
  ids: Int32Array,
): void {
  if (codes === undefined) {
    const shift = numbers === undefined ? start + FIRST_TEXT : first
    if (numbers === undefined) for (let i = 0; i < count; i++) room[i] = i
    if (rows === undefined) for (let i = 0; i < count; i++) ids[i] = shift + room[i]!
    else for (let i = 0; i < count; i++) ids[rows[i]!] = shift + room[i]!
    return
  }
  for (let i = 0; i < count; i++) {
    const code = codes[i]!
    if (code !== NULL) ids[rows === undefined ? i : rows[i]!] = code === NUMBER ? first + room[i]! : start + code
  }
}

/** Runs of rows in one bucket to a step. */
const RUNS = 1024

/** An aligned span of time: the id of a row is that of the bucket its time lies in. */
export function bucketKey(bucket: Bucket, scratch: Scratch): Key {
  const ids = scratch.ints()
  const room = scratch.doubles()
  return function* (chunk) {
    const only = bucketStart(chunk.minTime, bucket)
    if (chunk.maxTime < bucketEnd(only, bucket)) {
      return { ids: ids.fill(0, 0, chunk.length), size: 1, value: () => only }
    }
    let runs = 0
    const starts: number[] = []
    const known = new Map<number, number>()
    const times = decode(chunk.time, chunk.length, room)
    yield
    for (let row = 0; row < chunk.length; ) {
      const start = bucketStart(times[row]!, bucket)
      const next = runEnd(times, row, chunk.length, start, bucketEnd(start, bucket))
      const id = known.get(start) ?? starts.push(start) - 1
      known.set(start, id)
      ids.fill(id, row, next)
      row = next
      if (++runs % RUNS === 0) yield
    }
    return { ids, size: starts.length, value: id => starts[id]! }
  }
}

/** The first row after this one whose time is not from start to end; events come nearly in the order of time. */
function runEnd(times: Float64Array, row: number, length: number, start: number, end: number): number {
  let next = row + 1
  while (next < length && times[next]! >= start && times[next]! < end) next++
  return next
}

/** Anything else: computed event by event. */
function computedKey(expression: Expression, ids: Int32Array): Key {
  const evaluated = valuer(expression, ofEvent)
  return function* (chunk, selection) {
    const values: Scalar[] = []
    const known = new Map<Scalar, number>()
    const { rows, count } = selection
    ids.fill(0, 0, chunk.length)
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const value = scalarOf(evaluated(chunk.event(row)))
      let id = known.get(value)
      if (id === undefined) {
        id = values.push(value) - 1
        known.set(value, id)
      }
      ids[row] = id
      if (i % EVENTS === EVENTS - 1) yield
    }
    return { ids, size: Math.max(1, values.length), value: id => values[id]! }
  }
}
