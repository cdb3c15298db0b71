import type { Result } from '@telltale/query'
import { expect } from 'vitest'

/** A result as tests compare it with what it must be {@link like}. */
export function comparable(result: Result): unknown {
  return mapped(result, unsigned)
}

/**
 * What a result must be like. Doubles may differ in their last bits, as sums in another order do, and a deviation of times
 * by as much more as times are larger than it: a thousand million times, at a thousand milliseconds.
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

/** Within half of its seventh digit. */
function near(value: unknown): unknown {
  if (typeof value === 'number' && Number.isFinite(value) && value !== 0)
    return expect.closeTo(value, 6 - Math.floor(Math.log10(Math.abs(value))))
  if (Array.isArray(value)) return value.map(near)
  return unsigned(value)
}

/** JSON knows no zero below zero. */
function unsigned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unsigned)
  return value === 0 ? 0 : value
}
