import type { Batch } from './batch.ts'

/** So many rows say all of what is usual; fewer say their share of it. */
const ENOUGH = 64

/** What a row of the batches scanned lately held on average, so that the next makes room at once. */
export const usual: { texts: number; bytes: number } = { texts: 8, bytes: 256 }

/** Remembers what this batch held. */
export function remember({ length, columns, dictionary }: Batch): void {
  if (length === 0) return
  const weight = Math.min(1, length / ENOUGH)
  usual.texts += (dictionary.size / length - usual.texts) * weight
  usual.bytes += (dictionary.used / length - usual.bytes) * weight
  for (const { path, count } of columns) path.share += (count / length - path.share) * weight
}

/** Room for what so many rows usually hold, and a tenth more. */
export function roomFor(rows: number, share: number): number {
  return Math.ceil(rows * share * 1.1) + 4
}
