/**
 * @telltale/history: everything that ever happened, on disk. The journal that acknowledges, the engine that holds
 * (embedded chDB or a remote ClickHouse), and the compiler from queries to SQL. It knows events and queries; it never
 * knows who asks, and nothing above it knows which engine answers.
 * @module
 */
export { type Journal, type JournalOptions, journal, type Pressure, type Sync } from './journal/journal.ts'
export type { Segment } from './journal/segment.ts'
