import type { Batch } from './batch.ts'

/** The batch as JSON lines, one event a line with its keys in the order of TOP_KEYS, each line ended by \n. */
export function writeLines(batch: Batch): Buffer {
  let text = ''
  for (let row = 0; row < batch.length; row++) {
    const { type, hostname, time, received_at, tags, md5, additional_info } = batch.event(row)
    const seq = batch.seq > 0 ? { seq: batch.seq + row, collector: batch.collector } : {}
    text += `${JSON.stringify({ ...seq, type, hostname, time, received_at, tags, md5, additional_info })}\n`
  }
  return Buffer.from(text)
}
