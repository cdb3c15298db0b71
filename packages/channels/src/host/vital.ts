import type { EventInput, Json } from '@telltale/event'
import type { Slices } from './slices.ts'

/** One thing measured. Fields that could not be measured are undefined and are left out. */
export interface Vital {
  type: string
  [field: string]: Json | undefined
}

/** One round of measuring. */
export interface Round {
  /** ms, of a clock that does not jump: for rates. */
  readonly at: number
  readonly slices: Slices
}

/** Measures one part of the machine, once a round. Must not throw for what a machine lacks. */
export interface Probe {
  measure(round: Round): Vital[] | Promise<Vital[]>
}

/** As an event. */
export function vitalEvent({ type, ...fields }: Vital, hostname: string, time: number): EventInput {
  const info: Record<string, Json> = {}
  for (const [field, value] of Object.entries(fields)) if (value !== undefined) info[field] = value
  return { type, hostname, time, additional_info: info }
}
