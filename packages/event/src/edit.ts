import type { Batch } from './batch.ts'
import { FALSE, NULL, NUMBER, TRUE } from './dictionary.ts'
import { BOUNDS, type Bounds, type Json } from './event.ts'
import { toPlain } from './plain.ts'
import type { Path, Shape } from './schema.ts'

/** Sets what one row says of itself. Like all of this file: only until the batch is journaled. */
export function setWord(batch: Batch, key: 'type' | 'hostname' | 'md5', row: number, text: string): void {
  batch[key][row] = batch.dictionary.string(text)
}

export function setTags(batch: Batch, row: number, tags: readonly string[]): void {
  batch.tags[row] = batch.dictionary.jsonText(JSON.stringify([...new Set(tags)]))
}

/**
 * Sets a value of additional_info for some rows.
 * @param keys from additional_info down, at least one. What stood in the way (a value where an object is needed, or an
 *   object where the value goes) gives way
 * @param rows rising
 * @param values one a row; undefined, and numbers JSON can't say, leave the row as it is
 */
export function setInfo(
  batch: Batch,
  keys: readonly string[],
  rows: readonly number[],
  values: readonly unknown[],
): void {
  const path = batch.schema.path(keys.map(key => Buffer.from(key).toString()))
  const set: number[] = []
  const said: Json[] = []
  const nested: [row: number, value: { [key: string]: Json }][] = []
  rows.forEach((row, i) => {
    const value = plainOf(values[i])
    if (value === undefined) return
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0)
      nested.push([row, value])
    else {
      set.push(row)
      said.push(value)
    }
  })
  makeWay(batch, path, set)
  replaceCells(batch, path, set, said)
  for (const [row, object] of nested) {
    removeCells(batch, row, other => isWithin(other, path))
    for (const key of Object.keys(object)) setInfo(batch, [...keys, key], [row], [object[key]])
  }
}

/** How long an event may get is known by those who set it. */
const NO_LINE: Bounds = { ...BOUNDS, line: Number.POSITIVE_INFINITY }

function plainOf(value: unknown): Json | undefined {
  if (value === undefined) return undefined
  const plain = toPlain(value, NO_LINE)
  return 'value' in plain ? plain.value : undefined
}

/** Gives each row a shape that has the path, and takes away what can't stand beside it. */
function makeWay(batch: Batch, path: Path, rows: readonly number[]): void {
  const shapes = new Map<Shape, Shape>()
  for (const row of rows) {
    const shape = batch.shape(row)
    let next = shapes.get(shape)
    if (next === undefined) {
      const { paths } = shape
      if (paths.includes(path)) next = shape
      else if (paths.some(other => clash(other, path))) {
        removeCells(batch, row, other => clash(other, path))
        next = shapeWith(batch, batch.shape(row).paths, path)
        batch.shapes[row] = next.id
        continue
      } else next = shapeWith(batch, paths, path)
      shapes.set(shape, next)
    }
    batch.shapes[row] = next.id
  }
}

/** The shape of these paths and one more, which goes where its object is. */
function shapeWith(batch: Batch, paths: readonly Path[], path: Path): Shape {
  const list = [...paths]
  let at = list.length
  for (let level = path.parent; level?.parent !== undefined; level = level.parent) {
    const last = list.findLastIndex(other => isWithin(other, level))
    if (last < 0) continue
    at = last + 1
    break
  }
  list.splice(at, 0, path)
  return shapeOf(batch, list)
}

function shapeOf(batch: Batch, paths: readonly Path[]): Shape {
  let shape = batch.schema.empty
  for (const path of paths) shape = batch.schema.step(shape, path)
  return shape
}

/** Whether an event can't have values at both: one is inside of the other. */
function clash(a: Path, b: Path): boolean {
  return a !== b && (isWithin(a, b) || isWithin(b, a))
}

function isWithin(path: Path, outer: Path): boolean {
  let at: Path | undefined = path
  while (at !== undefined && at.depth > outer.depth) at = at.parent
  return at === outer
}

function removeCells(batch: Batch, row: number, which: (path: Path) => boolean): void {
  const { paths } = batch.shape(row)
  for (const path of paths) if (which(path)) batch.column(path)?.remove(row)
  batch.shapes[row] = shapeOf(
    batch,
    paths.filter(path => !which(path)),
  ).id
}

function replaceCells(batch: Batch, path: Path, rows: readonly number[], values: readonly Json[]): void {
  if (rows.length === 0) return
  const { dictionary } = batch
  const codes = values.map(value => {
    if (typeof value === 'number') return NUMBER
    if (typeof value === 'string') return dictionary.string(value)
    if (value === null) return NULL
    if (typeof value === 'boolean') return value ? TRUE : FALSE
    return dictionary.jsonText(JSON.stringify(value))
  })
  batch.ensure(path).merge(
    rows,
    codes,
    values.map(value => (typeof value === 'number' ? value : Number.NaN)),
  )
}
