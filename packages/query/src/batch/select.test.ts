import { batchOf, type EventInput } from '@telltale/event'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ofEvent, predicate } from '../match.ts'
import { parse } from '../parse.ts'
import { plan } from '../plan.ts'
import { selector } from './select.ts'

const origin = { hostname: 'h', receivedAt: 1e12 }
const scalar = fc.oneof(
  fc.constantFrom('a', 'ab', 'A*', '', 'é', '404', 'true'),
  fc.constantFrom(0, 1, 404, 1.5, -1),
  fc.boolean(),
  fc.constant(null),
)
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ z: scalar }, { requiredKeys: [] }),
)
const event = fc.record(
  {
    type: fc.constantFrom('a', 'b', '404'),
    tags: fc.subarray(['slow', 'web']),
    additional_info: fc.record({ x: value, y: value, 'x.z': scalar }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)
const leaf = fc.constantFrom(
  'type = 404',
  'type in (a, 404)',
  'x = 404',
  'x != a',
  'x > 0',
  '5 >= `y`',
  'x.z = 1',
  'x ~ "a*"',
  'y ~ /^A/',
  'x in (a, 1, true)',
  'x in (0, 404, 1.5)',
  '404 <= `x`',
  'x <= 1',
  'a = `x`',
  'tag:slow',
  'has y',
  'x = true',
  'x + y > 1',
  'slow',
  'hostname = h',
  'time > 0',
  'received_at < 5',
  'seq > 3',
  'collector = c',
  'has x',
  'has x.z',
  'has additional_info',
  'has collector',
  '404',
  '"Z"',
  '"x"',
  'x = y',
  'additional_info = 1',
)
const filter = fc.letrec<{ node: string }>(tie => ({
  node: fc.oneof(
    { weight: 3, arbitrary: leaf },
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a} and ${b})`),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a} or ${b})`),
    tie('node').map(a => `not (${a})`),
  ),
})).node

test('the rows selected are those whose events match', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), filter, (events, text) => {
      const { batch } = batchOf(events as EventInput[], origin)
      const { query, error } = parse(text)
      expect(error).toBeUndefined()
      batch.seq = 2
      batch.collector = 'c'
      const matches = predicate(plan(query!).condition!, ofEvent)
      const wanted = Array.from({ length: batch.length }, (_, row) => row).filter(row => matches(batch.event(row)))
      expect(Array.from(selector(query!)(batch))).toEqual(wanted)
    }),
    { numRuns: 2000 },
  )
})
