import type { SqlCounts, SqlDistinct } from '@telltale/query'

/** Values of one column, a row each. Whole numbers of 64 bits are doubles, as JSON would have them. */
export type Column = ArrayLike<unknown>

/**
 * Blocks of columns from ClickHouse's Native format: what the types are that our own SQL asks for; another is a bug. Whole
 * columns are read at once, and texts of a dictionary once each, where rows of JSON would be read one by one.
 */
export function* blocksOf(bytes: Uint8Array): Generator<{ rows: number; columns: Column[] }> {
  const from = new Cursor(bytes)
  while (from.at < bytes.length) {
    const width = from.varint()
    const rows = from.varint()
    const columns: Column[] = []
    for (let i = 0; i < width; i++) {
      from.text(from.varint()) // its name
      columns.push(column(from.text(from.varint()), rows, from))
    }
    yield { rows, columns }
  }
}

class Cursor {
  at = 0
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #texts: { readonly at: number; readonly text: string }[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  byte(): number {
    return this.#bytes[this.at++]!
  }

  varint(): number {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = this.byte()
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }

  uint32(): number {
    this.at += 4
    return this.#view.getUint32(this.at - 4, true)
  }

  uint64(): number {
    this.at += 8
    return this.#view.getUint32(this.at - 8, true) + this.#view.getUint32(this.at - 4, true) * 2 ** 32
  }

  int64(): number {
    this.at += 8
    return this.#view.getUint32(this.at - 8, true) + this.#view.getInt32(this.at - 4, true) * 2 ** 32
  }

  /** A copy, aligned as typed arrays want it. */
  take(length: number): ArrayBuffer {
    const { buffer, byteOffset } = this.#bytes
    this.at += length
    return (buffer as ArrayBuffer).slice(byteOffset + this.at - length, byteOffset + this.at)
  }

  /** Short texts tend to come again, and are made once then. */
  text(length: number): string {
    const bytes = this.#bytes
    const start = this.at
    this.at += length
    if (length === 0) return ''
    if (length > 40) return bytes.toString('utf8', start, this.at)
    let hash = length
    for (let i = start; i < this.at; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
    const place = (hash ^ (hash >>> 12)) & 4095
    const known = this.#texts[place]
    if (known !== undefined && this.#same(known.at, start, length)) return known.text
    const text = bytes.toString('utf8', start, this.at)
    this.#texts[place] = { at: start, text }
    return text
  }

  /** Both begin with their lengths, of one byte. */
  #same(a: number, b: number, length: number): boolean {
    const bytes = this.#bytes
    for (let i = -1; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false
    return true
  }
}

const FIXED: Readonly<Record<string, (from: Cursor, rows: number) => Column>> = {
  UInt8: (from, rows) => new Uint8Array(from.take(rows)),
  UInt16: (from, rows) => new Uint16Array(from.take(rows * 2)),
  UInt32: (from, rows) => new Uint32Array(from.take(rows * 4)),
  Float64: (from, rows) => new Float64Array(from.take(rows * 8)),
  UInt64: (from, rows) => filled(new Float64Array(rows), () => from.uint64()),
  Int64: (from, rows) => filled(new Float64Array(rows), () => from.int64()),
  Bool: (from, rows) => Array.from(new Uint8Array(from.take(rows)), Boolean),
  String: (from, rows) => filled(new Array<string>(rows), () => from.text(from.varint())),
  Nothing: (from, rows) => new Uint8Array(from.take(rows)),
}

function filled<T, A extends { [i: number]: T; readonly length: number }>(all: A, next: (i: number) => T): A {
  for (let i = 0; i < all.length; i++) all[i] = next(i)
  return all
}

function column(type: string, rows: number, from: Cursor): Column {
  const fixed = FIXED[type]
  if (fixed !== undefined) return fixed(from, rows)
  const open = type.indexOf('(')
  const inner = type.slice(open + 1, -1)
  switch (type.slice(0, open)) {
    case 'Nullable': {
      const missing = new Uint8Array(from.take(rows))
      const values = column(inner, rows, from)
      return filled(new Array<unknown>(rows), i => (missing[i] === 1 ? null : values[i]))
    }
    case 'LowCardinality':
      return rows === 0 ? [] : dictionary(inner, rows, from)
    case 'Array':
      return arrays(inner, rows, from)
    case 'Tuple': {
      const parts = split(inner).map(part => column(part, rows, from))
      return filled(new Array<unknown[]>(rows), i => parts.map(part => part[i]))
    }
    case 'AggregateFunction': {
      const state = STATES[/^\w+/.exec(inner)![0]]
      if (state !== undefined) return filled(new Array<unknown>(rows), () => state(from, inner))
    }
  }
  throw new Error(`BUG: a column of ${type} can't be read`)
}

/** https://clickhouse.com/docs/native-protocol/columns#lowcardinality: a version, then kind, keys and codes. */
function dictionary(type: string, rows: number, from: Cursor): Column {
  from.uint64()
  const width = 1 << (from.uint32() & 255)
  from.uint32()
  const nullable = type.startsWith('Nullable(')
  const keys = Array.from(column(nullable ? type.slice(9, -1) : type, from.uint64(), from))
  if (nullable) keys[0] = null
  from.uint64() // as many as rows
  const bytes = from.take(rows * width)
  const codes = width === 1 ? new Uint8Array(bytes) : width === 2 ? new Uint16Array(bytes) : new Uint32Array(bytes)
  return filled(new Array<unknown>(rows), i => keys[codes[i]!])
}

/** Arrays of numbers are views of one typed array. */
function arrays(type: string, rows: number, from: Cursor): Column {
  const ends = FIXED['UInt64']!(from, rows) as Float64Array
  const all = column(type, ends.at(-1) ?? 0, from)
  const part = (start: number, end: number): unknown =>
    ArrayBuffer.isView(all) ? (all as Uint16Array).subarray(start, end) : (all as unknown[]).slice(start, end)
  return filled(new Array<unknown>(rows), i => part(ends[i - 1] ?? 0, ends[i]!))
}

/** After the registers: how many there are of each rank up to 51 in words, and how many of none. */
const SUMS = 52 * 4 + 2

/** States of the engine's aggregates, as they are written by that version of theirs. */
const STATES: Readonly<Record<string, (from: Cursor, type: string) => unknown>> = {
  quantileExactWeighted(from): SqlCounts {
    const size = from.varint()
    const keys = new Uint32Array(size)
    const counts = new Float64Array(size)
    for (let i = 0; i < size; i++) {
      keys[i] = from.uint32()
      counts[i] = from.uint64()
    }
    return { keys, counts }
  },

  uniqExact: (from): SqlDistinct => ({ words: new Uint32Array(from.take(from.varint() * 8)) }),

  /** A set of 16, a hash table, or 6 bits per register. */
  uniqCombined64(from, type): SqlDistinct {
    if (from.byte() < 3) return { hashes: new Uint32Array(from.take(from.varint() * 8)) }
    const registers = 1 << Number(/\((\d+)\)/.exec(type)![1])
    const bits = new Uint8Array(from.take((registers * 6) / 8))
    from.take(SUMS)
    return {
      ranks: filled(new Uint8Array(registers), i => {
        const at = (i * 6) >> 3
        return ((bits[at]! | (bits[at + 1]! << 8)) >> ((i * 6) & 7)) & 63
      }),
    }
  },
}

/** The types of a tuple. */
function split(types: string): string[] {
  const found: string[] = []
  let [depth, start] = [0, 0]
  for (let i = 0; i < types.length; i++) {
    if (types[i] === '(') depth++
    else if (types[i] === ')') depth--
    else if (types[i] === ',' && depth === 0) {
      found.push(types.slice(start, i))
      start = i + 2
    }
  }
  return [...found, types.slice(start)]
}
