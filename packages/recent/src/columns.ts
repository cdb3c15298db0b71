import { resolve } from '@telltale/query'
import type { Cells } from './cells.ts'
import type { ChunkView } from './chunk-view.ts'

/**
 * The columns that hold a field's values in a chunk, no two for the same row. undefined where columns do not say it:
 * the event must be asked.
 */
export function columnsOf(chunk: ChunkView, name: string): Cells[] | undefined {
  const place = resolve(name)
  if (place.kind === 'info') return []
  if (place.kind === 'path') {
    const columns = chunk.named(place.name)
    return overlap(columns, chunk.length) ? undefined : columns
  }
  switch (place.key) {
    case 'type':
    case 'hostname':
    case 'md5':
    case 'tags':
      return [chunk[place.key]]
    case 'time':
      return [chunk.times]
    case 'received_at':
      return [chunk.receivedTimes]
    default:
      return undefined
  }
}

/** Whether some row has cells in two of these columns. */
export function overlap(columns: readonly Cells[], length: number): boolean {
  if (columns.length < 2) return false
  const seen = new Uint8Array(length)
  for (const { rows, count } of columns) {
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (seen[row] === 1) return true
      seen[row] = 1
    }
  }
  return false
}
