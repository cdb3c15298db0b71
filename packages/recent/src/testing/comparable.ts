import type { Result } from '@telltale/query'

/** A result as tests compare it: doubles may differ in their last bits, as sums in another order do. */
export function comparable({ columns, rows }: Result): unknown {
  const events = columns[0]?.type === 'event'
  return {
    columns,
    rows: rows.map(row => row.map((cell, i) => (events && i === 0 ? JSON.stringify(cell) : rounded(cell)))),
  }
}

function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(9))
  if (Array.isArray(value)) return value.map(rounded)
  return value
}
