import { type Column, findColumn } from './columns.ts'
import type { Source, Value } from './match.ts'
import type { Query } from './tree.ts'

/** Rows of a result as the source of fields: names mean columns. */
export function ofRow(query: Query, columns: readonly Column[]): Source<readonly unknown[]> {
  const cell = (name: string): ((row: readonly unknown[]) => Value) => {
    const at = findColumn(query, columns, name)
    return row => (typeof at === 'number' ? (row[at] as Value) : null)
  }
  return {
    field: cell,
    has(name) {
      const value = cell(name)
      return row => value(row) !== null
    },
    texts: () => [],
    tags: () => [],
  }
}
