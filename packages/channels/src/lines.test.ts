import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lines } from './lines.ts'

test('however it is cut, the same lines come out', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.nat(20)), (texts, cuts) => {
      const bytes = Buffer.from(texts.join('\n'))
      const lines = new Lines(1_000_000)
      let out = ''
      let at = 0
      for (const cut of [...cuts, bytes.length]) {
        const whole = lines.push(Buffer.from(bytes.subarray(at, at + cut)))
        if (whole.length > 0) expect(whole.at(-1)).toBe(10)
        out += whole.toString()
        at += cut
      }
      expect((out + lines.end().toString()).replace(/\n$/, '')).toBe(texts.join('\n').replace(/\n$/, ''))
      expect(lines.pending).toBe(0)
    }),
  )
})

test('of a line beyond the bound the start comes once, and the next line is whole', () => {
  const lines = new Lines(10)
  let out = ''
  for (const chunk of ['ok\n0123456', '789abcdef', 'never seen', ' nor this\nnext', '\n'])
    out += lines.push(Buffer.from(chunk))
  expect(out).toBe('ok\n0123456789abcdef\nnext\n')
})
