/** One line of the tape. */
export interface Row {
  readonly name: string
  /** In the tape's span. */
  count: number
}

/**
 * Which rows to show and in what order: the most frequent first, bounded, the rest in one called `(others)`.
 * A row gives its place up only to one that is clearly ahead (by `margin`), so rows do not dance.
 */
export function arrange(
  counts: ReadonlyMap<string, number>,
  most: number,
  before: readonly string[] = [],
  margin = 1.25,
): Row[] {
  const place = new Map(before.map((name, at) => [name, at]))
  const weight = (name: string) => (counts.get(name) ?? 0) * (place.has(name) ? margin : 1)
  const names = [...counts.keys()].sort(
    (a, b) => weight(b) - weight(a) || (place.get(a) ?? 1e9) - (place.get(b) ?? 1e9) || (a < b ? -1 : 1),
  )
  const shown = settle(names.slice(0, most), counts, place, margin)
  const rows = shown.map(name => ({ name, count: counts.get(name) ?? 0 }))
  const rest = names.slice(most)
  if (rest.length > 0)
    rows.push({ name: OTHER_ROWS, count: rest.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0) })
  return rows
}

export const OTHER_ROWS = '(others)'

/** Those shown before keep their order, bubbled only where the lower is ahead by the margin; new ones find their place. */
function settle(
  names: string[],
  counts: ReadonlyMap<string, number>,
  place: ReadonlyMap<string, number>,
  margin: number,
): string[] {
  const known = names.filter(name => place.has(name)).sort((a, b) => place.get(a)! - place.get(b)!)
  const fresh = names.filter(name => !place.has(name))
  const list = [...known, ...fresh]
  const of = (name: string) => counts.get(name) ?? 0
  const needed = (name: string) => (place.has(name) ? margin : 1)
  for (let pass = 0; pass < list.length; pass++) {
    let moved = false
    for (let i = 1; i < list.length; i++) {
      const [upper, lower] = [list[i - 1]!, list[i]!]
      if (of(lower) > of(upper) * needed(lower)) {
        list[i - 1] = lower
        list[i] = upper
        moved = true
      }
    }
    if (!moved) break
  }
  return list
}
