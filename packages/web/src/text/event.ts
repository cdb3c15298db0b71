/** An event as the API writes it. */
export interface SeenEvent {
  type: string
  hostname: string
  /** ms since the epoch. */
  time: number
  received_at?: number
  tags?: string[]
  md5?: string
  seq?: number
  collector?: string
  additional_info?: Record<string, unknown>
}

/** What the API sent as an event, or undefined where it is none. */
export function asEvent(value: unknown): SeenEvent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const event = value as Partial<SeenEvent>
  return typeof event.type === 'string' && typeof event.time === 'number'
    ? { ...event, type: event.type, time: event.time, hostname: String(event.hostname ?? '') }
    : undefined
}

/** Unique in one collector's stream; the same event seen twice has the same. */
export function identity(event: SeenEvent): string {
  return event.seq === undefined
    ? `${event.time} ${event.type} ${event.hostname} ${event.md5}`
    : `${event.collector ?? ''} ${event.seq}`
}
