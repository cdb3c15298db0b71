import { type Completion, complete, type KnownField } from '@telltale/query'
import type { SeenEvent } from '../text/event.ts'
import { leaves } from '../text/summary.ts'

/** What can be known from the events on the page. */
export interface Seen {
  readonly types: readonly string[]
  readonly hosts: readonly string[]
  readonly events: readonly SeenEvent[]
}

/** What may stand at the end of `before`, the text before the cursor, all of it; and where the word being written starts. */
export function suggest(before: string, seen: Seen): { from: number; suggestions: readonly Completion[] } {
  const fields = fieldsOf(seen)
  const { from } = complete(before, before.length, fields)
  // The editor itself narrows the list while the word is written.
  return { from, suggestions: complete(before, from, fields).items }
}

/** Events looked at, and values of a field shown. */
const LOOKED = 1000
const VALUES = 100
const PATHS = 200

interface Found {
  count: number
  readonly types: Set<string>
  readonly values: Map<string | number | boolean, number>
}

/** Fields at the top with their values, then those of the events seen, the most frequent first. */
function fieldsOf({ types, hosts, events }: Seen): KnownField[] {
  const found = new Map<string, Found>()
  const tags = new Map<string, number>()
  for (const { additional_info, tags: own } of events.slice(0, LOOKED)) {
    for (const tag of own ?? []) tags.set(tag, (tags.get(tag) ?? 0) + 1)
    for (const [path, value] of leaves(additional_info ?? {})) note(found, path, value)
  }
  const paths = [...found].sort((a, b) => b[1].count - a[1].count).slice(0, PATHS)
  return [
    { name: 'type', values: types.slice(0, VALUES) },
    { name: 'hostname', values: hosts.slice(0, VALUES) },
    { name: 'tags', values: frequent(tags) },
    ...paths.map(([name, { types, values }]): KnownField => {
      const [type] = types
      return { name, values: frequent(values), ...(types.size === 1 && isType(type) ? { type } : {}) }
    }),
  ]
}

function note(found: Map<string, Found>, path: string, value: unknown): void {
  if (value === null) return
  let entry = found.get(path)
  if (entry === undefined) found.set(path, (entry = { count: 0, types: new Set(), values: new Map() }))
  entry.count++
  entry.types.add(typeof value)
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return
  if (String(value).length < 80) entry.values.set(value, (entry.values.get(value) ?? 0) + 1)
}

function isType(type: string | undefined): type is 'string' | 'number' | 'boolean' {
  return type === 'string' || type === 'number' || type === 'boolean'
}

function frequent<T>(counts: ReadonlyMap<T, number>): T[] {
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, VALUES)
    .map(([value]) => value)
}
