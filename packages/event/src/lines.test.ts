import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from './index.ts'

const run = (splitter: LineSplitter, chunks: Uint8Array[]) => {
  let text = ''
  let problems = 0
  const take = ({ blocks, problems: found }: ReturnType<LineSplitter['push']>) => {
    for (const block of blocks) text += block.toString('latin1')
    problems += found.length
  }
  for (const chunk of chunks) {
    const copy = Buffer.from(chunk)
    take(splitter.push(copy))
    copy.fill(0x21)
  }
  take(splitter.end())
  return { text, problems }
}

test('however the stream is cut, the same lines come out, but for those too long', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'b', '\r'), maxLength: 12 })
  fc.assert(
    fc.property(
      fc.array(line),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      fc.boolean(),
      (lines, cuts, ended) => {
        const whole = Buffer.from(lines.join('\n') + (ended ? '\n' : ''), 'latin1')
        const chunks: Uint8Array[] = []
        for (let at = 0, cut = 0; at < whole.length; at += cuts[cut++ % cuts.length]!)
          chunks.push(whole.subarray(at, at + cuts[cut % cuts.length]!))
        const kept = run(new LineSplitter(100), chunks)
        expect(kept).toEqual({ text: whole.toString('latin1'), problems: 0 })
        const short = run(new LineSplitter(6), chunks)
        // Within one chunk a long line passes: the scanner refuses it.
        const out = short.text.split('\n').filter(text => text !== '')
        for (const text of out) expect(lines).toContain(text)
        const fits = (text: string) => text !== '' && text.length <= 6
        expect(out.filter(fits)).toEqual(lines.filter(fits))
        expect(out.length + short.problems).toBe(lines.filter(text => text !== '').length)
      },
    ),
    { seed: 7 },
  )
})

test('a line too long is told once, and no more of it is kept', () => {
  const splitter = new LineSplitter(1000)
  let problems = 0
  for (let i = 0; i < 100; i++) {
    const { blocks, problems: found } = splitter.push(Buffer.alloc(100, 'x'))
    expect(blocks).toEqual([])
    problems += found.length
  }
  expect(problems).toBe(1)
  const { blocks } = splitter.push(Buffer.from('xx\n{"a":1}\n{"b"'))
  expect(blocks.map(String)).toEqual(['{"a":1}\n'])
  const both = new LineSplitter(10)
  both.push(Buffer.alloc(20, 'x'))
  const { problems: told } = both.push(Buffer.from(`\na\nb\n${'y'.repeat(20)}`))
  expect(told.map(({ index }) => index)).toEqual([1])
  expect(splitter.push(Buffer.from(':2}\n')).blocks.map(String)).toEqual(['{"b":2}\n'])
  expect(splitter.end().blocks).toEqual([])
})
