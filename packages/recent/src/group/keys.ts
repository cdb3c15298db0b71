import { FIRST_TEXT, NULL, NUMBER } from '@telltale/event'
import {
  type Bucket,
  bucketEnd,
  bucketStart,
  type Expression,
  ofEvent,
  type Scalar,
  scalarOf,
  valuer,
} from '@telltale/query'
import type { Cells } from '../cells.ts'
import type { Chunk } from '../chunk.ts'
import { columnsOf } from '../columns.ts'
import { compile } from '../filter/compile.ts'
import type { Condition } from '../filter/condition.ts'
import { scalarAt } from '../scalar.ts'
import { bytes, doubles, ints } from '../scratch.ts'
import type { Selection } from '../selection.ts'

/** A key's value for each row of a chunk, as a small number of the chunk's own. Valid until the key is asked again. */
export interface Locals {
  /** One a row. */
  readonly ids: ArrayLike<number>
  /** All ids are below this. */
  readonly size: number
  value(id: number): Scalar
}

/** What rows are grouped by: asked of a chunk, for the rows selected. */
export type Key = (chunk: Chunk, selection: Selection) => Locals

const NONE: Scalar = null

/** How to group by an expression. */
export function keyOf(expression: Expression): Key {
  if (expression.kind === 'field') return fieldKey(expression.name)
  return isCondition(expression) ? conditionKey(compile(expression)) : computedKey(expression)
}

function isCondition({ kind }: Expression): boolean {
  return kind !== 'field' && kind !== 'literal' && kind !== 'arithmetic'
}

/** A condition: true or false. */
function conditionKey(condition: Condition): Key {
  const ids = bytes()
  return (chunk, selection) => {
    const holds = ids.subarray(0, chunk.length)
    const narrow = condition(chunk)
    if (narrow === 'always' || narrow === 'never') holds.fill(narrow === 'always' ? 1 : 0)
    else {
      holds.set(selection.mask)
      narrow(holds)
    }
    return { ids: holds, size: 2, value: id => id === 1 }
  }
}

/** A field: the codes of its columns are the ids. */
function fieldKey(name: string): Key {
  const slow = computedKey({ kind: 'field', name })
  const room = ints()
  return (chunk, selection) => {
    const columns = columnsOf(chunk, name)
    if (columns === undefined) return slow(chunk, selection)
    const [only] = columns
    if (columns.length === 1 && only!.rows === undefined && only!.codes !== undefined && only!.numbers === undefined) {
      const cells = only!
      return { ids: cells.codes!, size: cells.texts.size, value: code => scalarAt(cells.texts, code) }
    }
    const ids = room.subarray(0, chunk.length).fill(0)
    const parts = columns.map(cells => ({ cells, numbers: numberIds(cells), start: 0 }))
    let size = 1
    for (const part of parts) {
      part.start = size
      scatter(part.cells, part.numbers, size, selection.mask, ids)
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

/** Ids for the numbers of a column. */
interface NumberIds {
  readonly size: number
  of(i: number): number
  value(id: number): number
}

const NO_NUMBERS: NumberIds = { size: 0, of: () => 0, value: () => 0 }
const SMALL = 0x10000

function numberIds({ numbers, count }: Cells): NumberIds {
  if (numbers === undefined) return NO_NUMBERS
  const { offsets, scale, base } = numbers
  if (offsets === undefined) return { size: 1, of: () => 0, value: () => numbers.min }
  const span = (numbers.max - numbers.min) * scale
  if (scale !== 0 && span < SMALL) {
    return { size: Math.round(span) + 2, of: i => offsets[i]!, value: id => (base + id) / scale }
  }
  const known = new Map<number, number>()
  const values: number[] = []
  return {
    size: count,
    of(i) {
      const value = numbers.at(i)
      let id = known.get(value)
      if (id === undefined) {
        id = values.push(value === 0 ? 0 : value) - 1
        known.set(value, id)
      }
      return id
    },
    value: id => values[id]!,
  }
}

function scatter(cells: Cells, numbers: NumberIds, start: number, mask: Uint8Array, ids: Int32Array): void {
  const { rows, codes, count, texts } = cells
  const first = start + texts.size
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (mask[row] === 0) continue
    const code = codes !== undefined ? codes[i]! : cells.numbers !== undefined ? NUMBER : FIRST_TEXT + i
    if (code === NUMBER) ids[row] = first + numbers.of(i)
    else if (code !== NULL) ids[row] = start + code
  }
}

/** An aligned span of time: the id of a row is that of the bucket its time lies in. */
export function bucketKey(bucket: Bucket): Key {
  const ids = ints()
  const room = doubles()
  return (chunk, selection) => {
    const starts: number[] = []
    const known = new Map<number, number>()
    const times = chunk.time.doubles(chunk.length, room)
    let start = 0
    let end = 0
    let id = 0
    for (let i = 0; i < selection.count; i++) {
      const row = selection.rows[i]!
      const time = times[row]!
      if (time < start || time >= end) {
        start = bucketStart(time, bucket)
        end = bucketEnd(start, bucket)
        id = known.get(start) ?? starts.push(start) - 1
        known.set(start, id)
      }
      ids[row] = id
    }
    return { ids, size: Math.max(1, starts.length), value: id => starts[id]! }
  }
}

/** Anything else: computed event by event. */
function computedKey(expression: Expression): Key {
  const evaluated = valuer(expression, ofEvent)
  const ids = ints()
  return (chunk, selection) => {
    const values: Scalar[] = []
    const known = new Map<Scalar, number>()
    for (let i = 0; i < selection.count; i++) {
      const row = selection.rows[i]!
      const value = scalarOf(evaluated(chunk.event(row)))
      let id = known.get(value)
      if (id === undefined) {
        id = values.push(value) - 1
        known.set(value, id)
      }
      ids[row] = id
    }
    return { ids, size: Math.max(1, values.length), value: id => values[id]! }
  }
}
