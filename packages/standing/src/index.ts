/**
 * @telltale/standing: queries left standing for the future, updated by every batch: partial states key by key and pane
 * by pane, which can be saved, restored and begun with what history and ring know. Counters, gauges and meters are such
 * queries with a name; machines follow keys from state to state. It knows batches and the query; it knows no store,
 * sends nothing anywhere, and reads no clock but the one it is given.
 * @module
 */
export { type CanStandOptions, canStand, type Stands } from './can-stand.ts'
export type { Changed, Follow } from './changed.ts'
export { Horizon, type Span } from './horizon.ts'
export type { Machine, MachineOptions, Transition } from './machine.ts'
export { counter, gauge, type Metered, meter, type Named } from './named.ts'
export type { Saved, SavedMachine, SavedQuery } from './saved.ts'
export type { Standing } from './standing.ts'
export { type Standings, type StandingsOptions, type StandOptions, standing } from './standings.ts'
export type { StandingStats } from './stats.ts'
export type { Changes } from './view.ts'
