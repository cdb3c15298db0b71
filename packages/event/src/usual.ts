import type { Batch } from './batch.ts'

/** So many rows say all of what is usual; fewer say their share of it. */
const ENOUGH = 64

/** What a row of the batches scanned lately held on average, so that the next makes room at once. In doubles, as V8 keeps them best. */
export const usual: { texts: number; bytes: number; line: number } = { texts: 8.5, bytes: 256.5, line: 256.5 }

/**
 * Remembers what this batch held.
 * @param input bytes it was made of, where known
 */
export function remember({ length, columns, dictionary }: Batch, input: number = usual.line * length): void {
  if (length === 0) return
  const weight = Math.min(1, length / ENOUGH)
  usual.texts += (dictionary.size / length - usual.texts) * weight
  usual.bytes += (dictionary.used / length - usual.bytes) * weight
  usual.line += (input / length - usual.line) * weight
  for (const column of columns) {
    const { path } = column
    const share = column.count / length
    path.share = path.share === path.share ? path.share + (share - path.share) * weight : share * weight
  }
}

/** Room for what so many rows usually hold, and a tenth more. */
export function roomFor(rows: number, share: number): number {
  return share === share ? Math.ceil(rows * share * 1.1) + 4 : 4
}
