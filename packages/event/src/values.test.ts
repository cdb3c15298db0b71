import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scan, ValueSplitter } from './index.ts'

const ORIGIN = { hostname: 'h', receivedAt: 1e12 }

function split(splitter: ValueSplitter, chunks: readonly Buffer[]): Buffer[] {
  return [...chunks.map(chunk => splitter.push(chunk)), splitter.end()].filter(block => block !== undefined)
}

function cut(text: string, sizes: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text)
  const chunks: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; at += chunks.at(-1)!.length)
    chunks.push(bytes.subarray(at, at + sizes[i++ % sizes.length]!))
  return chunks
}

/** What the scanner says of some pieces: the events, and how many there are not. */
function said(pieces: readonly Buffer[]): { events: unknown[]; refused: number } {
  const all = pieces.map(piece => scan(piece, ORIGIN))
  const events = all.flatMap(({ batch }) => Array.from({ length: batch.length }, (_, row) => batch.event(row)))
  return { events, refused: all.reduce((sum, { refused }) => sum + refused, 0) }
}

const word = fc.constantFrom('a', '}', '{', '"', '\\', '\n', '[', ']', ',', ':', 'é')
const info = fc.dictionary(
  fc.constantFrom('a', 'b', '{c'),
  fc.oneof(fc.string({ unit: word, maxLength: 4 }), fc.constant([{}, { d: [{ e: 1 }] }])),
)
const unindented = (text: string): string => text.replaceAll(/^ +/gm, '')
const document = fc.oneof(
  info.map(value => JSON.stringify(value)),
  info.map(value => JSON.stringify(value, undefined, 2)),
  info.map(value => unindented(JSON.stringify(value, undefined, 2))),
  fc.array(info, { maxLength: 3 }).map(value => JSON.stringify(value)),
  fc.array(info, { maxLength: 3 }).map(value => JSON.stringify(value, undefined, 2)),
  fc.constantFrom('"a bare string"', 'oops', '{"a":', '{"a":"b', '{"a" 1}', '{"a":1}}', '{"a":"it"s"}', ''),
)

test('however the stream is cut, the scanner says of the blocks what it says of all at once', () => {
  fc.assert(
    fc.property(
      fc.array(document),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      fc.constantFrom('', '\ufeff'),
      (documents, sizes, mark) => {
        const text = mark + documents.join('\n')
        const blocks = split(new ValueSplitter(1e6), cut(text, sizes))
        expect(Buffer.concat(blocks).toString()).toBe(text)
        expect(said(blocks)).toEqual(said([Buffer.from(text)]))
      },
    ),
    { seed: 11, numRuns: 1000 },
  )
})

test('a value is given as soon as it is whole and its line has ended', () => {
  const splitter = new ValueSplitter(1e6)
  const push = (text: string): string | undefined => splitter.push(Buffer.from(text))?.toString()
  expect(push('{"a":1}\n{"b')).toBe('{"a":1}\n')
  expect(push('":2}\n{\n  "c": {')).toBe('{"b":2}\n')
  expect(push('\n    "d": 3\n  }\n')).toBeUndefined()
  expect(push('}\n{"oops\n')).toBe('{\n  "c": {\n    "d": 3\n  }\n}\n')
  expect(push('{"e":5}\n[\n')).toBe('{"oops\n{"e":5}\n')
  expect([splitter.held, splitter.array]).toEqual([2, true])
  expect(push('{},\n{}\n]\n')).toBe('[\n{},\n{}\n]\n')
  expect([splitter.held, splitter.array]).toEqual([0, false])
})

test('what is too long for an event is not held, unless it is an array', () => {
  const broken = new ValueSplitter(100)
  const lines = cut(`{"a":\n${'{"b":1},\n'.repeat(100)}{"c":1}\n`, [10])
  let most = 0
  for (const line of lines) {
    broken.push(line)
    most = Math.max(most, broken.held)
  }
  expect(most).toBeLessThanOrEqual(110)
  const values = '{\n  "a": 1\n}'
  const joined = split(new ValueSplitter(100), cut(values.repeat(100), [7])).map(String)
  expect(joined.length).toBeGreaterThan(10)
  for (const block of joined) expect(block.replaceAll(values, '')).toBe('')
  const whole = new ValueSplitter(100)
  const array = `\ufeff[\n${'{"b":1},\n'.repeat(100)}{"c":1}\n]`
  expect(split(whole, cut(array, [10])).map(String)).toEqual([array])
})
