import type { Batch } from './batch.ts'
import { BatchBuilder } from './builder.ts'
import { BOUNDS, type Bounds, type Origin, type Problem } from './event.ts'

/** What came out of some bytes: the events, and why the others are none. */
export interface Scanned {
  batch: Batch
  problems: Problem[]
}

/**
 * Turns bytes into a batch: NDJSON, a JSON array, or one JSON value (which may span lines).
 * One bad event never costs the others. An empty input gives an empty batch.
 */
export function scan(bytes: Uint8Array, origin: Origin, bounds: Bounds = BOUNDS): Scanned {
  const builder = new BatchBuilder(bounds)
  const problems: Problem[] = []
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const trimmed = text.trim()
  let parts: string[] | undefined
  try {
    const whole: unknown = JSON.parse(trimmed)
    parts = (Array.isArray(whole) ? whole : [whole]).map(part => JSON.stringify(part))
  } catch {
    parts = text.split('\n').filter(line => line.trim() !== '')
  }
  parts.forEach((line, index) => {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (error) {
      problems.push({ index, kind: 'syntax', reason: String((error as Error).message), sample: line.slice(0, 200) })
      return
    }
    const refusal = builder.add(value, origin)
    if (refusal !== undefined) problems.push({ index, ...refusal, sample: line.slice(0, 200) })
  })
  return { batch: builder.batch, problems }
}
