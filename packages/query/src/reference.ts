import type { Event } from '@telltale/event'
import { Accumulator } from './accumulator.ts'
import { ofEvent, predicate, valuer } from './match.ts'
import { newestFirst } from './newest.ts'
import { scalarOf } from './order.ts'
import type { Partial, Scope } from './partial.ts'
import { plan } from './plan.ts'
import type { Query } from './tree.ts'

/**
 * The query over plain events, slow and obvious: what every other evaluator must equal.
 * @param query one that has passed `check`
 */
export function evaluate(query: Query, events: Iterable<Event>, scope: Scope): Partial {
  const { condition } = plan(query)
  const matches = condition === undefined ? () => true : predicate(condition, ofEvent)
  const found: Event[] = []
  let scanned = 0
  for (const event of events) {
    if (!inScope(event, scope)) continue
    scanned++
    if (matches(event)) found.push(event)
  }
  if (query.aggregates.length > 0) return aggregate(query, found, scanned)
  return { kind: 'events', events: found.sort(newestFirst(query)).slice(0, query.limit), scanned }
}

/** Whether an event's time and seq lie in the scope. */
export function inScope(
  { time, seq = 0 }: Event,
  { from, to, afterSeq = 0, uptoSeq = Number.POSITIVE_INFINITY }: Scope,
): boolean {
  return time >= from && time < to && (afterSeq === 0 || seq > afterSeq) && seq <= uptoSeq
}

function aggregate(query: Query, events: readonly Event[], scanned: number): Partial {
  const { keys, calls } = plan(query)
  const keyOf = keys.map(key => valuer(key, ofEvent))
  const argumentOf = calls.map(({ argument }) => (argument === undefined ? () => null : valuer(argument, ofEvent)))
  const numeric = calls.map(call => call.aggregate.params[0]?.kind === 'number')
  const accumulator = new Accumulator(query)
  for (const event of events) {
    accumulator.add(
      keyOf.map(value => scalarOf(value(event))),
      argumentOf.map((value, i) => {
        const found = value(event)
        return numeric[i] && typeof found !== 'number' ? null : scalarOf(found)
      }),
      { time: event.time, seq: event.seq ?? 0 },
    )
  }
  accumulator.scanned = scanned
  return accumulator.toPartial()
}
