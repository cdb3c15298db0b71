/**
 * @telltale/history: everything that ever happened, on disk. The journal that acknowledges, the engine that holds
 * (embedded chDB or a remote ClickHouse), and the compiler from queries to SQL. It knows events and queries; it never
 * knows who asks, and nothing above it knows which engine answers.
 * @module
 */
export type { AskOptions } from './ask.ts'
export type { About } from './damage/aside.ts'
export { type EmbeddedOptions, embedded } from './engine/embedded.ts'
export { type Engine, EngineError, type EngineState } from './engine/engine.ts'
export type { Refused } from './flush.ts'
export { type History, history } from './history.ts'
export { Journal, journal, type Pressure } from './journal/journal.ts'
export type { JournalOptions, Sync } from './journal/options.ts'
export type { Segment } from './journal/segment.ts'
export { keepMs } from './keep.ts'
export type { HistoryOptions } from './options.ts'
export type { SqlResult } from './sql.ts'
export type { HistoryStatus } from './status.ts'
