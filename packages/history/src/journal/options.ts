import type { Clock } from '@telltale/event'

/**
 * When an append counts as durable. `always`: on disk (one fdatasync per group). `50ms`: with the operating system, and
 * on disk at most 50 ms later: a killed process loses nothing acknowledged, a power cut at most 50 ms of it. `os`: with
 * the operating system, on disk when it likes.
 */
export type Sync = 'always' | '50ms' | 'os'

export interface JournalOptions {
  /** The folder of segments; made if missing. */
  dir: string
  /**
   * A segment of this many bytes is sealed. Default 64 MiB, before the embedded engine a twentieth of its memory if that is
   * less: an engine takes a row of 64 MiB for three quarters of the CPU that a row of 16 costs, but needs up to nine times
   * those bytes for it. What arrives slowly is sealed by age long before. At most 256 MiB.
   */
  segmentBytes?: number
  /** ms after its first event at which a segment is sealed; later while others still wait for history. Default 1000. */
  sealAfter?: number
  /** Default `50ms`: what a crash of Telltale needs, at a fraction of the latency of a sync per group. */
  sync?: Sync
  /** Bytes of journal on disk not yet in history beyond which it pushes back. Default 8 GiB. */
  maxBytes?: number
  /** Bytes waiting to be written (a slow disk) beyond which it pushes back. Default 64 MiB. */
  maxWaiting?: number
  /** Letters, digits, `-` and `_`. Default: made once and kept in the folder. */
  collector?: string
  clock?: Clock
}

export const MIB: number = 1024 * 1024
export const DEFAULTS: Readonly<Record<'segmentBytes' | 'sealAfter' | 'maxBytes' | 'maxWaiting', number>> = {
  segmentBytes: 64 * MIB,
  sealAfter: 1000,
  maxBytes: 8192 * MIB,
  maxWaiting: 64 * MIB,
}
