import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pairs } from './pairs.ts'

test('each pair has one number, from 0 in the order they came, and gives its parts back', () => {
  const part = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { maxLength: 3000, size: 'max' }), given => {
      const pairs = new Pairs()
      const known = new Map<string, number>()
      for (const [left, right] of given) {
        const expected = known.get(`${left} ${right}`) ?? known.size
        known.set(`${left} ${right}`, expected)
        expect(pairs.of(left, right)).toBe(expected)
      }
      expect(pairs.count).toBe(known.size)
      for (const [text, number] of known) expect(`${pairs.left[number]} ${pairs.right[number]}`).toBe(text)
    }),
    { numRuns: 30 },
  )
})
