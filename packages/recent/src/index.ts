/**
 * @telltale/recent: the latest events, in memory, as columns: a ring capped by events, age and bytes, and the
 * evaluation of queries over it. It knows batches and the query; it knows no channel, no history and no listener,
 * parses nothing twice and makes objects only of events that are asked for.
 * @module
 */
export {
  type AskOptions,
  BadQuery,
  type QueryOptions,
  type Recent,
  type RecentOptions,
  type RecentStats,
  recent,
} from './recent.ts'
export type { Caps, Coverage } from './ring.ts'
export { type RunOptions, Slices, type SlicesOptions, TooMany } from './slices.ts'
