import type { Batch } from './batch.ts'

/** Fewer rows say nothing of what is usual. */
const FEW = 64

/** What a row of the batch scanned last held on average, so that the next makes room at once. */
export const usual: { texts: number; bytes: number } = { texts: 1, bytes: 16 }

/** Remembers what this batch held. */
export function remember({ length, columns, dictionary }: Batch): void {
  if (length < FEW) return
  usual.texts = dictionary.size / length
  usual.bytes = dictionary.used / length
  for (const { path, count } of columns) path.share = count / length
}

/** Room for what so many rows usually hold, and a tenth more. */
export function roomFor(rows: number, share: number): number {
  return Math.ceil(rows * share * 1.1) + 4
}
