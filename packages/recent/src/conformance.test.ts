import { readdirSync, readFileSync } from 'node:fs'
import { batchOf, type EventInput, SimulatedClock } from '@telltale/event'
import { evaluate, finish, print } from '@telltale/query'
import { type Evaluator, randomCase, readScript, runCase, same } from '@telltale/query/conformance'
import { describe, expect, test } from 'vitest'
import { recent } from './index.ts'

const FOLDER = new URL('../../../conformance/', import.meta.url)
const origin = { hostname: 'h1', receivedAt: 0, trusted: true }

/** A ring with chunks of so many rows, fed so many events at a time. */
function ring(chunk: number, batch: number): Evaluator {
  return (events, query, scope) => {
    const latest = recent({ chunk, clock: new SimulatedClock(0) })
    for (let i = 0; i < events.length; i += batch) {
      const { batch: some } = batchOf(events.slice(i, i + batch) as EventInput[], origin)
      some.seq = i + 1
      some.collector = 'c1'
      latest.append(some)
    }
    return finish(query, latest.partial(query, scope), scope)
  }
}

for (const file of readdirSync(FOLDER).filter(name => name.endsWith('.test'))) {
  const { cases } = readScript(readFileSync(new URL(file, FOLDER), 'utf8'))
  describe.skipIf(cases.length === 0)(file, () => {
    for (const one of cases) {
      test.skipIf(one.skip.has('recent'))(`line ${one.line}: ${one.name}`, async () => {
        expect(await runCase(ring(32_768, 1e6), one), 'one open chunk').toBeUndefined()
        expect(await runCase(ring(3, 2), one), 'chunks of three').toBeUndefined()
        expect(await runCase(ring(1, 5), one), 'chunks of one').toBeUndefined()
      })
    }
  })
}

test('made-up cases come out as the reference says', async () => {
  for (let seed = 1; seed <= 600; seed++) {
    const { query, events, scope } = randomCase(seed)
    const expected = finish(query, evaluate(query, events, scope), scope)
    const found = await ring(1 + (seed % 30), 1 + (seed % 9))(events, query, scope)
    if (!same(found, expected)) expect({ seed, query: print(query), ...found }).toEqual({ seed, ...expected })
  }
})
