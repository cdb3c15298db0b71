import fc from 'fast-check'
import { expect, test } from 'vitest'
import { same } from './conformance.ts'
import { finish } from './finish.ts'
import { merge } from './merge.ts'
import type { Group, Partial } from './partial.ts'
import { print } from './print.ts'
import { randomCase } from './random.ts'
import { evaluate } from './reference.ts'

test('split anyhow and merged in any order, the parts give what the whole gives', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), fc.infiniteStream(fc.nat()), (seed, parts, stream) => {
      const { events, query, scope } = randomCase(seed)
      const piles: (typeof events)[number][][] = Array.from({ length: parts }, () => [])
      for (const event of events) piles[stream.next().value! % parts]!.push(event)
      const partials = piles.map(pile => overTheWire(evaluate(query, pile, scope)))
      const before = JSON.stringify(partials.map(plainOf))
      const merged = partials.reduce((a, b) => merge(query, a, b))
      expect(JSON.stringify(partials.map(plainOf)), 'merge changes neither side').toBe(before)
      const whole = evaluate(query, events, scope)
      expect(merged.scanned).toBe(whole.scanned)
      const [a, b] = [finish(query, merged, scope), finish(query, whole, scope)]
      expect(same(a, b), `${print(query)}\n${JSON.stringify(a)}\n${JSON.stringify(b)}`).toBe(true)
    }),
    { numRuns: 1500 },
  )
})

test('the seam: what is up to a seq and what is after it make the whole', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(60), (seed, seam) => {
      const { events, query, scope } = randomCase(seed)
      const old = evaluate(query, events, { ...scope, uptoSeq: seam })
      const young = evaluate(query, events, { ...scope, afterSeq: seam })
      const a = finish(query, merge(query, old, young), scope)
      const b = finish(query, evaluate(query, events, scope), scope)
      expect(seam === 0 || same(a, b), print(query)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

/** As it arrives from another process: states are plain JSON data. */
function overTheWire(partial: Partial): Partial {
  return revived(JSON.parse(JSON.stringify(plainOf(partial))) as ReturnType<typeof plainOf>)
}

function plainOf(partial: Partial): object {
  return partial.kind === 'events' ? partial : { ...partial, groups: [...partial.groups] }
}

function revived(plain: object): Partial {
  const { groups } = plain as { groups?: [string, Group][] }
  return groups === undefined ? (plain as Partial) : { kind: 'groups', scanned: 0, ...plain, groups: new Map(groups) }
}
