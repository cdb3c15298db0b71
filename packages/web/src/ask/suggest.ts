import { AGGREGATES, CONDITIONS, signature, TOP_FIELDS } from '@telltale/query'
import type { SeenEvent } from '../text/event.ts'
import { leaves } from '../text/summary.ts'

export interface Suggestion {
  readonly label: string
  readonly kind: 'field' | 'value' | 'aggregate' | 'word'
  readonly detail?: string
  /** What is written, where it is not the label. */
  readonly apply?: string
}

/** What can be known from the events on the page. */
export interface Seen {
  readonly types: readonly string[]
  readonly hosts: readonly string[]
  readonly events: readonly SeenEvent[]
}

/** What may stand at the end of `before`, the text before the cursor; and where the word being written starts. */
export function suggest(before: string, seen: Seen): { from: number; suggestions: Suggestion[] } {
  const word = /[\p{L}\p{N}_$@.-]*$/u.exec(before)![0]
  const from = before.length - word.length
  const lead = before.slice(0, from)
  const compared = /([\p{L}_$@][\p{L}\p{N}_$@.-]*)\s*(?:!?=|in\s*\((?:[^()]*,)?)\s*$/u.exec(lead)
  if (compared) return { from, suggestions: values(compared[1]!, seen) }
  if (/\btag:$/.test(lead))
    return {
      from,
      suggestions: unique(seen.events.flatMap(event => event.tags ?? [])).map(label => ({ label, kind: 'value' })),
    }
  if (/\bby\s+(?:[^|]*,\s*)?$/.test(lead)) return { from, suggestions: [...fields(seen), ...STEPS] }
  if (/\(\s*(?:[^()|]*,\s*)?$/.test(lead) && /\w\s*\([^()]*$/.test(lead)) return { from, suggestions: fields(seen) }
  if (/\|\s*$/.test(lead)) return { from, suggestions: [...aggregates(), ...STAGES] }
  if (/(?:\||,)\s*$/.test(lead) && /\|[^|]*\($|\)\s*,\s*$/.test(lead)) return { from, suggestions: aggregates() }
  if (/\b(?:where|sort(?:\s+by)?)\s+$/.test(lead)) return { from, suggestions: [...aggregates(), ...fields(seen)] }
  if (/\)\s+$/.test(lead) && lead.includes('|')) return { from, suggestions: AFTER_CALL }
  if (/(?:^|\b(?:and|or|not|has)|\()\s*$/.test(lead))
    return { from, suggestions: [...fields(seen), ...(lead.trim() === '' ? aggregates() : [])] }
  return { from, suggestions: AFTER_CLAUSE }
}

const words = (...list: [string, string][]): Suggestion[] =>
  list.map(([label, detail]) => ({ label, detail, kind: 'word' }))
const STAGES = words(
  ['where', 'keep rows of the answer'],
  ['sort', 'order rows'],
  ['limit', 'at most so many'],
  ['set', 'name a calculated value'],
)
const STEPS = words(
  ['10s', 'time step'],
  ['1m', 'time step'],
  ['5m', 'time step'],
  ['1h', 'time step'],
  ['1d', 'time step'],
)
const AFTER_CALL = words(['by', 'a row per …'], ['over', 'a sliding window'], ['as', 'name the column'])
const AFTER_CLAUSE = [
  ...words(['|', 'then count, sort, limit …']),
  ...Object.entries(CONDITIONS).flatMap(([label, { doc }]) => (/^(and|or|in)$/.test(label) ? words([label, doc]) : [])),
]

function aggregates(): Suggestion[] {
  return [...AGGREGATES.values()].map(entry => ({
    label: signature(entry),
    kind: 'aggregate',
    detail: entry.doc,
    apply: entry.params.length > 0 && !entry.params[0]!.optional ? `${entry.name}(` : `${entry.name}()`,
  }))
}

/** Fields at the top, then those of the events seen, most frequent first. */
function fields(seen: Seen): Suggestion[] {
  const found = new Map<string, number>()
  for (const event of seen.events.slice(0, 400)) {
    for (const [path] of leaves(event.additional_info ?? {})) found.set(path, (found.get(path) ?? 0) + 1)
  }
  const paths = [...found].sort((a, b) => b[1] - a[1]).slice(0, 200)
  return [
    ...Object.keys(TOP_FIELDS).map((label): Suggestion => ({ label, kind: 'field' })),
    ...paths.map(([label]): Suggestion => ({ label, kind: 'field', detail: 'in events seen here' })),
  ]
}

function values(field: string, seen: Seen): Suggestion[] {
  const known =
    field === 'type'
      ? seen.types
      : field === 'hostname'
        ? seen.hosts
        : unique(seen.events.slice(0, 1000).flatMap(event => leaf(event, field)))
  return known.slice(0, 100).map(text => ({
    label: text,
    kind: 'value',
    ...(/^[\p{L}_][\p{L}\p{N}_-]*$|^\d+$/u.test(text) ? {} : { apply: JSON.stringify(text) }),
  }))
}

function leaf(event: SeenEvent, field: string): string[] {
  for (const [path, value] of leaves(event.additional_info ?? {})) {
    if (path === field && value !== null && typeof value !== 'object' && String(value).length < 80)
      return [String(value)]
  }
  return []
}

function unique(list: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const item of list) counts.set(item, (counts.get(item) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([item]) => item)
}
