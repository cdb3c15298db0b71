/** What happened to a standing query so far. */
export interface StandingStats {
  /** Keys it holds now. */
  readonly keys: number
  /** Events it counted. */
  readonly events: number
  /** Keys that had to go because there were too many. */
  readonly evicted: number
  /** Events not counted: their time had passed out of what counts when they came. */
  readonly late: number
  /** Events not counted: their time was too far ahead of the clock. */
  readonly ahead: number
  /** Events that were missed between two batches, or were too far ahead of the clock when they came and count by now. */
  readonly missed: number
  /** How often the clock went back to times that had passed out of what counts. */
  readonly rewound: number
  /** Listeners' calls that threw. */
  readonly errors: number
}

/** `exact`, or what makes an answer less than that. @param most keys that are kept */
export function coverageOf({ evicted, missed, ahead, rewound }: StandingStats, most: number): string {
  if (missed > 0) return `not covered: ${missed} events were missed`
  if (rewound > 0) return 'not covered: the clock went back to times that had passed'
  const reasons = [
    ...(evicted > 0 ? [`${evicted} keys had to go, beyond ${most}`] : []),
    ...(ahead > 0 ? [`${ahead} events were too far ahead of the clock`] : []),
  ]
  return reasons.length === 0 ? 'exact' : `approximate: ${reasons.join('; ')}`
}
