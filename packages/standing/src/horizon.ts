import { type Bucket, bucketEnd, bucketStart, paneOf, type Query, type Range, type Scope } from '@telltale/query'

/** Of which times events count: of all, of two fixed times, or of the last so many ms, which moves with the clock. */
export type Span = Range | { readonly kind: 'all' }

export const ALL: Span = { kind: 'all' }

/**
 * What a standing query keeps time by: events lie in panes, the units by which what counts moves on. A sliding window
 * without a span is asked for its value now; with one, for a row per pane, as over the past. Whatever moves counts
 * panes as a whole: the oldest it touches, and the one that is not over yet.
 */
export class Horizon {
  readonly span: Span
  /** How panes are aligned; undefined: all time is one. */
  readonly bucket: Bucket | undefined
  /** The length of the sliding window whose value now is wanted. */
  readonly window: number | undefined
  readonly #lead: number

  constructor({ window }: Query, span: Span) {
    this.span = span
    const now = window?.kind === 'sliding' && span.kind === 'all'
    this.window = now ? window.ms : undefined
    this.#lead = window?.kind === 'sliding' ? window.ms - window.every : 0
    if (window?.kind === 'tumbling') this.bucket = { ms: window.ms, zone: window.zone }
    else if (window?.kind === 'sliding') this.bucket = { ms: window.every, zone: 'UTC' }
    else this.bucket = span.kind === 'last' ? { ms: paneOf(span.ms), zone: 'UTC' } : undefined
  }

  /** Whether what counts changes as the clock moves on. */
  get moves(): boolean {
    return this.span.kind === 'last' || this.window !== undefined
  }

  /** How many panes a key may have at once; 1 where all time is one. */
  get panes(): number {
    if (this.bucket === undefined) return 1
    const { span } = this
    const ms = span.kind === 'last' ? span.ms : span.kind === 'between' ? span.to - span.from : 0
    return Math.ceil((ms + this.#lead) / this.bucket.ms) + 1
  }

  /** The start of the pane a time lies in; 0 where all time is one. */
  start(time: number): number {
    return this.bucket === undefined ? 0 : bucketStart(time, this.bucket)
  }

  /** The end of the pane that starts there. */
  end(start: number): number {
    return this.bucket === undefined ? Number.POSITIVE_INFINITY : bucketEnd(start, this.bucket)
  }

  /** The start of the pane that is not over yet. Only where it moves. */
  current(now: number): number {
    return this.start(now)
  }

  /** The earliest time that counts. */
  from(now: number): number {
    const { span } = this
    if (span.kind === 'between') return span.from
    if (span.kind === 'last') return this.start(now - span.ms) - this.#lead
    return this.moves ? this.current(now) - this.#lead : Number.NEGATIVE_INFINITY
  }

  /** The first time that does not count any more. */
  to(now: number): number {
    if (this.span.kind === 'between') return this.span.to
    return this.moves ? this.end(this.current(now)) : Number.POSITIVE_INFINITY
  }

  /** The events that count. */
  scope(now: number): Scope {
    return { from: this.from(now), to: this.to(now) }
  }

  /** Until when, from now on, all of the above stay as they are. */
  until(now: number): number {
    if (!this.moves) return Number.POSITIVE_INFINITY
    const { span } = this
    const end = this.end(this.current(now))
    return span.kind === 'last' ? Math.min(end, this.end(this.start(now - span.ms)) + span.ms) : end
  }
}
