import { expect, test } from 'vitest'
import { batchOf, rowView } from './index.ts'

const origin = { hostname: 'h', receivedAt: 1000 }

test('a row reads like the event', () => {
  const { batch } = batchOf(
    [
      { type: 'gc', heap_used: 5, heap: { max: 10, kinds: ['a'] }, tags: ['t'] },
      { additional_info: { type: 'inner', heap: 3, toJSON: 'x', note: 'n' } },
    ],
    origin,
  )
  const [a, b] = [rowView(batch, 0), rowView(batch, 1)]
  expect([a.type, a.hostname, a.time, a.received_at, a.md5]).toEqual(['gc', 'h', 1000, 1000, ''])
  expect([a.tags, a['heap_used'], a['heap'], a['note']]).toEqual([['t'], 5, { max: 10, kinds: ['a'] }, undefined])
  expect([b.type, b['heap'], b['heap_used'], b['note'], b.seq]).toEqual(['unknown', 3, undefined, 'n', undefined])
  expect(b.additional_info).toEqual({ type: 'inner', heap: 3, toJSON: 'x', note: 'n' })
  expect(JSON.stringify(a)).toBe(JSON.stringify(batch.event(0)))
  batch.seq = 4
  batch.collector = 'c'
  expect([b.seq, b.collector]).toEqual([5, 'c'])
})

test('keys that come later are seen, and prototype keys are data', () => {
  const first = rowView(batchOf([{ a: 1 }], origin).batch, 0)
  expect(first['later_key']).toBeUndefined()
  const { batch } = batchOf([JSON.parse('{"later_key":2,"__proto__":3,"constructor":4}')], origin)
  const view = rowView(batch, 0)
  expect([view['later_key'], Reflect.get(view, '__proto__'), view['constructor'], view['hasOwnProperty']]).toEqual([
    2,
    3,
    4,
    undefined,
  ])
  expect(first['constructor']).toBeUndefined()
})
