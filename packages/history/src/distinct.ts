import { plan, type Query, VALUES } from '@telltale/query'
import { EngineError } from './engine/engine.ts'
import type { Grouped } from './groups.ts'

/**
 * The groups with all distinct values where these are not more than an answer holds, else with estimates: how many there
 * are is known once they are counted, or once the engine has no room for them.
 */
export async function distinctly(
  query: Query,
  find: (estimated: boolean) => Promise<Grouped>,
  most: number = VALUES,
): Promise<Grouped> {
  const own = plan(query).calls.flatMap(({ aggregate, slot }, i) =>
    slot === i && aggregate.held !== undefined ? [{ aggregate, i }] : [],
  )
  if (own.length === 0) return find(false)
  try {
    const found = await find(false)
    let held = 0
    for (const { states } of found.groups.values())
      for (const { aggregate, i } of own) held += aggregate.held!(states[i])
    if (held <= most) return found
  } catch (error) {
    if (!(error instanceof EngineError && error.large)) throw error
  }
  return find(true)
}
