import type { History } from '@telltale/history'
import type { Intake } from '@telltale/pipeline'
import { stateOf } from '../ask.ts'
import type { Readiness } from '../context.ts'
import type { Canary } from './canary.ts'
import { failures, shut } from './report.ts'

/**
 * Not ready is who cannot acknowledge events: another may. All else only warns. What is acknowledged is safe in the
 * journal, and whatever keeps the history back may keep it back everywhere: who takes every node out for that loses events.
 */
export function readiness(
  { busy, faults = [] }: Pick<Intake, 'busy'> & { readonly faults?: readonly string[] },
  { status }: { status: Pick<History['status'], 'engine' | 'detached' | 'missing' | 'damaged' | 'lost' | 'stuck'> },
  canary?: Canary,
): Readiness {
  const reasons = busy === undefined ? [] : [busy.reason]
  const warnings = [...faults, ...(status.engine.kind === 'ready' ? [] : [`the history is ${stateOf(status.engine)}`])]
  const { length: damaged } = status.detached
  if (damaged > 0)
    warnings.push(
      `${damaged} parts of the history were damaged on disk and are set aside, up to ${status.missing} events are missing from answers: look at the disk; this is said until they are removed from "detached" (see docs/durability.md)`,
    )
  if (status.damaged > 0)
    warnings.push(
      `${status.damaged} events were damaged on disk while they waited in the journal: but for those the history had already they are lost: look at the disk; this is said until the next start (see docs/durability.md)`,
    )
  if (status.lost > 0)
    warnings.push(
      `${status.lost} events that were in the history are missing from answers: its folder was emptied or replaced by an older copy; this is said for as long as they would have been kept, or until they are there again (see docs/durability.md)`,
    )
  if (status.stuck !== undefined) warnings.push(`the history does not take events: ${status.stuck}`)
  if (canary === undefined) return { reasons, warnings }
  const { report } = canary
  reasons.push(...failures(report, 'journal'))
  warnings.push(...failures(report, 'live', 'query', 'history'), ...shut(report))
  const { webhook } = report
  if (webhook?.failing !== undefined) warnings.push(`the canary's webhook cannot be called: ${webhook.failing}`)
  return { reasons, warnings }
}
