import { readdirSync, readFileSync } from 'node:fs'
import { SimulatedClock } from '@telltale/event'
import { evaluate, finish, print, type Query, type Scope } from '@telltale/query'
import { type Case, type Evaluator, randomCase, readScript, runCase, same } from '@telltale/query/conformance'
import { describe, expect, test } from 'vitest'
import { canStand, type Span, standing } from './index.ts'
import { batchesOf } from './testing/batches.ts'

const FOLDER = new URL('../../../conformance/', import.meta.url)

/** How a case's scope is said of a query that stands, and at what time it is asked. */
function placed({ window }: Query, { from, to }: Scope, last: number): { span: Span; now: number } {
  if (window?.kind !== 'sliding') return { span: { kind: 'between', from, to }, now: 0 }
  // Over the past there is a row per pane: as much of the last so many ms as holds everything, to the end of a pane.
  const { ms, every } = window
  const end = Math.min(to, Math.ceil((last + ms) / every) * every + every)
  return { span: { kind: 'last', ms: end - 1 - (from + ms - every) }, now: end - 1 }
}

function fed(sizes: readonly number[]): Evaluator {
  return (events, query, scope) => {
    const { span, now } = placed(query, scope, Math.max(0, ...events.map(({ time }) => time)))
    const set = standing({ clock: new SimulatedClock(now), memory: Number.POSITIVE_INFINITY })
    const one = set.stand('one', query, { span })
    if ('message' in one) throw new Error(one.message)
    for (const batch of batchesOf(events, sizes)) set.update(batch)
    return one.result()
  }
}

function whyNot({ query, scope, skip }: Pick<Case, 'query' | 'scope' | 'skip'>): string | undefined {
  if (query.range?.kind === 'last') return 'a range that moves counts whole panes: see standing.test.ts'
  const cost = canStand(query, { span: placed(query, scope, 0).span, memory: Number.POSITIVE_INFINITY })
  return skip.get('standing') ?? ('message' in cost ? cost.message : undefined)
}

for (const file of readdirSync(FOLDER).filter(name => name.endsWith('.test'))) {
  const { cases } = readScript(readFileSync(new URL(file, FOLDER), 'utf8'))
  describe.skipIf(cases.length === 0)(file, () => {
    for (const one of cases) {
      const reason = whyNot(one)
      test.skipIf(reason)(`line ${one.line}: ${one.name}${reason === undefined ? '' : `: ${reason}`}`, async () => {
        expect(await runCase(fed([1e6]), one), 'one batch').toBeUndefined()
        expect(await runCase(fed([1]), one), 'one by one').toBeUndefined()
        expect(await runCase(fed([2, 3]), one), 'some at a time').toBeUndefined()
      })
    }
  })
}

test('made-up cases come out as the reference says', async () => {
  let asked = 0
  for (let seed = 1; seed <= 1200; seed++) {
    const { query, events, scope } = randomCase(seed)
    if (whyNot({ query, scope, skip: new Map() }) !== undefined) continue
    asked++
    const expected = finish(query, evaluate(query, events, scope), scope)
    const found = await fed([1 + (seed % 9), 1 + (seed % 4)])(events, query, scope)
    if (!same(found, expected)) expect({ seed, query: print(query), ...found }).toEqual({ seed, ...expected })
  }
  expect(asked).toBeGreaterThan(600)
})
