/**
 * @telltale/event: the event, and the batch that carries many of them as columns. It knows nothing of channels,
 * queries or stores, and never reads a clock unasked.
 * @module
 */
export { Batch } from './batch.ts'
export { BATCH_BOUNDS, type BatchBounds, BatchBuilder, batchOf, type EventInput } from './builder.ts'
export { type Clock, SimulatedClock, wallClock } from './clock.ts'
export { Column } from './column.ts'
export { Dictionary, FALSE, FIRST_TEXT, NULL, NUMBER, TRUE } from './dictionary.ts'
export { setInfo, setTags, setWord } from './edit.ts'
export {
  BOUNDS,
  type Bounds,
  type Event,
  type Json,
  type JsonObject,
  type Origin,
  type Problem,
  TOP_KEYS,
} from './event.ts'
export { fingerprint, fingerprintOf } from './fingerprint.ts'
export { type LineBlocks, LineSplitter } from './lines.ts'
export { toPlain } from './plain.ts'
export { type Scanned, scan, scanInto, type Taken } from './scan.ts'
export { Path, Schema, Shape } from './schema.ts'
export { readTime } from './time.ts'
export { unfold } from './unfold.ts'
export { ValueSplitter } from './values.ts'
export { type RowView, rowView } from './view.ts'
export { writeInfo, writeLines } from './write.ts'
