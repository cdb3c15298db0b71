import type { Result } from '@telltale/query'
import { expect } from 'vitest'

/** A result as tests compare it with what it must be {@link like}. */
export function comparable(result: Result): unknown {
  return mapped(result, cell => cell)
}

/**
 * What a result must be like: doubles may differ in their last bits, as sums in another order do, and by as much more as
 * the spread of times, ten million times smaller than they are, loses of it.
 */
export function like(result: Result): unknown {
  return mapped(result, near)
}

function mapped({ columns, rows }: Result, cellOf: (cell: unknown) => unknown): unknown {
  const events = columns[0]?.type === 'event'
  return {
    columns,
    rows: rows.map(row => row.map((cell, i) => (events && i === 0 ? JSON.stringify(cell) : cellOf(cell)))),
  }
}

/** Within half of its ninth digit. */
function near(value: unknown): unknown {
  if (typeof value === 'number' && Number.isFinite(value) && value !== 0)
    return expect.closeTo(value, 8 - Math.floor(Math.log10(Math.abs(value))))
  if (Array.isArray(value)) return value.map(near)
  return value
}
