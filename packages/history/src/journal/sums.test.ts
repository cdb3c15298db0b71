import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sumsLine, sumsOf, viewOf, xxh32 } from './sums.ts'

const sum = (text: string) => xxh32(viewOf(Buffer.from(text)), 0, Buffer.byteLength(text))

test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('xxh32 of %j is what its specification says', (text, expected) => {
  expect(sum(text)).toBe(expected)
})

test('any single byte, or run of up to four, that is changed changes the sum', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(bytes, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }), (given, at, changes) => {
      const line = Buffer.from(given)
      const other = Buffer.from(given)
      for (const [i, change] of changes.entries()) {
        const index = (at % line.length) + i
        if (index < line.length) other[index]! ^= change
      }
      if (line.equals(other)) return
      expect(xxh32(viewOf(other), 0, other.length)).not.toBe(xxh32(viewOf(line), 0, line.length))
    }),
    { numRuns: 5000 },
  )
})

const groups = fc.array(
  fc.array(
    fc.string({ unit: 'binary' }).map(text => `${JSON.stringify(text)}\n`),
    { minLength: 1, maxLength: 5 },
  ),
  { minLength: 1, maxLength: 4 },
)

test('the sums of a group are read back, in the order of its lines; changed anywhere, they are no sums', () => {
  fc.assert(
    fc.property(groups, fc.maxSafeNat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (all, from, at, change) => {
      const lines = all.flat()
      const line = sumsLine(
        all.map(each => Buffer.from(each.join(''))),
        from,
        lines.length,
      )
      expect(sumsOf(line)).toEqual({ from, sums: Uint32Array.from(lines.map(sum)) })
      expect(JSON.parse(line.toString())).toEqual({ sums: expect.any(String) })
      const changed = Buffer.from(line)
      changed[at % line.length]! ^= change
      // Base64 has bits of padding that mean nothing.
      const read = sumsOf(changed)
      if (read !== undefined) expect(read).toEqual({ from, sums: Uint32Array.from(lines.map(sum)) })
    }),
    { numRuns: 500 },
  )
})

test('no other line is taken for sums', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      expect(sumsOf(Buffer.from(bytes))).toBeUndefined()
    }),
  )
  expect(sumsOf(Buffer.from('{"sums":""}\n'))).toBeUndefined()
  expect(sumsOf(Buffer.from(`{"sums":"${Buffer.alloc(16, 7).toString('base64')}"}\n`))).toBeUndefined()
})
