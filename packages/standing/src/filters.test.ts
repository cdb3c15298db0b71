import { batchOf, type EventInput } from '@telltale/event'
import { ofEvent, parse, plan, predicate } from '@telltale/query'
import { BatchRows } from '@telltale/query/batch'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Filters } from './filters.ts'
import { Texts } from './texts.ts'

const scalar = fc.oneof(
  fc.constantFrom('a', 'b', '1', ''),
  fc.constantFrom(0, -0, 1, 1.5),
  fc.boolean(),
  fc.constant(null),
)
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 1 })), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ z: scalar }, { requiredKeys: [] }) },
)
const event = fc.record(
  {
    type: fc.constantFrom('a', 'b', '1'),
    tags: fc.subarray(['a', 'b']),
    additional_info: fc.record({ x: value, y: value, 'x.z': scalar, type: scalar }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)
const equality = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('type', 'x', 'y', 'x.z', 'tags', 'hostname', 'md5', 'additional_info.type', 'none', 'seq'),
      fc.constantFrom('a', 'b', '1', '"1"', '0', '1.5', 'true', 'h', '""'),
    )
    .chain(([field, literal]) =>
      fc.constantFrom(`${field} = ${literal}`, `1.5 = \`${field}\``, `${field} in (${literal}, b, 1)`),
    ),
  fc.constantFrom('tag:a', 'tag:b', 'type in (a, a)'),
)
const other = fc.constantFrom('x > 0', 'has y', 'not x = 1', 'a', 'y != b', '(type = a or x = 1)')
const filter = fc.oneof(
  equality,
  other,
  fc.constant(''),
  fc.array(fc.oneof(equality, other), { minLength: 2, maxLength: 3 }).map(parts => parts.join(' and ')),
)

test('each taker is given the rows of its filter, whatever the others are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 3 }),
      fc.array(filter, { minLength: 1, maxLength: 8 }),
      fc.nat(7),
      (all, texts, gone) => {
        const rows = new BatchRows()
        const filters = new Filters(rows, new Texts(rows))
        const takers = texts.map(text => {
          const { condition } = plan(parse(text).query!)
          const taken: number[] = []
          const taker = {
            taken,
            condition,
            take: (list: Uint32Array, n: number) => void taken.push(...list.slice(0, n)),
          }
          filters.add(condition, taker)
          return taker
        })
        for (const events of all) {
          const { batch } = batchOf(events as EventInput[], { hostname: 'h', receivedAt: 1e12 })
          rows.turn(batch)
          filters.run()
          for (const [i, { taken, condition }] of takers.entries()) {
            const matches = condition === undefined ? () => true : predicate(condition, ofEvent)
            const wanted = Array.from({ length: batch.length }, (_, row) => row).filter(row =>
              matches(batch.event(row)),
            )
            expect(taken.splice(0), texts[i]!).toEqual(wanted)
          }
          const out = takers[gone]
          if (out !== undefined) filters.remove(out.condition, out)
          if (out !== undefined) takers.splice(gone, 1)
          if (out !== undefined) texts = texts.toSpliced(gone, 1)
        }
        for (const taker of takers) filters.remove(taker.condition, taker)
        expect(filters.size).toEqual({ filters: 0, indexed: 0 })
      },
    ),
    { numRuns: 1500 },
  )
})
