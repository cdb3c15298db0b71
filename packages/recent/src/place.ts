/** Where a row is, and what orders it among others. */
export interface Place {
  readonly time: number
  /** 0 where it has none. */
  readonly seq: number
  readonly chunk: number
  readonly row: number
}

/** Oldest first: by time, then seq, then as they came. */
export function byAge(a: Place, b: Place): number {
  return a.time - b.time || a.seq - b.seq || a.chunk - b.chunk || a.row - b.row
}
