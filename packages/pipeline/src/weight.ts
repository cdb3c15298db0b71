import type { Batch } from '@telltale/event'

/** Bytes a batch holds, about: its arrays, and its texts with the table over them. */
export function weight({ type, time, columns, dictionary }: Batch): number {
  let bytes = 5 * type.byteLength + 2 * time.byteLength
  for (const { rows, codes, numbers } of columns)
    bytes += rows.byteLength + codes.byteLength + (numbers?.byteLength ?? 0)
  return bytes + dictionary.bytes.length + 4 * dictionary.offsets.byteLength
}
