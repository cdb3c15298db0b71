import type { Intake, Taken } from '@telltale/pipeline'

/** Where nobody is told what could not be journaled, and nobody sends it again: it is lost, and counts as dropped. */
export function untold(intake: Intake, channel: string, { accepted, journaled }: Taken): void {
  journaled.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    if (accepted > 0) intake.dropped(channel, accepted, `not journaled: ${reason}`)
  })
}
