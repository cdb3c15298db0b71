import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Problem, scan, ValueSplitter } from './index.ts'

const ORIGIN = { hostname: 'h', receivedAt: 1e12 }

function split(splitter: ValueSplitter, chunks: readonly Buffer[]): Buffer[] {
  return told(splitter, chunks).blocks
}

/** Everything it gives, and what it says of the rest. */
function told(splitter: ValueSplitter, chunks: readonly Buffer[]): { blocks: Buffer[]; problems: Problem[] } {
  const all = [...chunks.map(chunk => splitter.push(chunk)), splitter.end()]
  return { blocks: all.flatMap(({ blocks }) => blocks), problems: all.flatMap(({ problems }) => problems) }
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
  const push = (text: string): string | undefined => splitter.push(Buffer.from(text)).blocks[0]?.toString()
  expect(push('{"a":1}\n{"b')).toBe('{"a":1}\n')
  expect(push('":2}\n{\n  "c": {')).toBe('{"b":2}\n')
  expect(push('\n    "d": 3\n  }\n')).toBeUndefined()
  expect(push('}\n{"oops\n')).toBe('{\n  "c": {\n    "d": 3\n  }\n}\n')
  expect(push('{"e":5}\n[\n')).toBe('{"oops\n{"e":5}\n')
  expect([splitter.held, splitter.array]).toEqual([2, true])
  expect(push('{},\n{}\n]\n')).toBe('[\n{},\n{}\n]\n')
  expect([splitter.held, splitter.array]).toEqual([0, false])
})

const short = fc.oneof(info, fc.array(info, { maxLength: 3 }))
const inner = fc.constantFrom('{"id":1}', '{\n"id":1\n}', '{"id":[{}]}', '"},{"', '[\n{}\n]')
/** An object of more than 1000 bytes whose inside stands on lines that look like events. */
const long = fc
  .tuple(
    fc.constantFrom('{"records":[', '{"a":1,"records":[\n', '{\n  "records": [\n'),
    inner,
    fc.constantFrom('', '  '),
  )
  .map(([head, each, indent]) => `${head}${`${indent}${each},\n`.repeat(1000 / each.length)}${indent}{}\n]}`)
const item = fc.oneof(
  { weight: 3, arbitrary: short.map(value => JSON.stringify(value)) },
  { weight: 3, arbitrary: short.map(value => JSON.stringify(value, undefined, 2)) },
  { weight: 1, arbitrary: long },
)

test('of what is longer than it may be nothing is kept, and one problem is told; of all else the same as of all at once', () => {
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n', ''),
      (items, sizes, between) => {
        const { blocks, problems } = told(new ValueSplitter(1000), cut(items.join(between), sizes))
        const isLong = (text: string): boolean => text.startsWith('{') && text.length > 1000
        expect(said(blocks)).toEqual(said([Buffer.from(items.filter(text => !isLong(text)).join('\n'))]))
        expect(problems.map(({ kind, reason }) => [kind, reason])).toEqual(
          items.filter(isLong).map(() => ['bound', 'longer than 1000 bytes']),
        )
      },
    ),
    { seed: 12, numRuns: 1000 },
  )
})

test('a problem stands between the blocks where its value stood, and says how it began', () => {
  const text = `{"a":1}\n{"long":[${'{},\n'.repeat(30)}1]}{"b":2}\n[{}]\n`
  for (const size of [7, 1000]) {
    const splitter = new ValueSplitter(100)
    const seen = [...cut(text, [size]).map(chunk => splitter.push(chunk)), splitter.end()].flatMap(
      ({ blocks, problems }) => {
        const all: string[] = blocks.map(String)
        for (const { index, sample } of problems) all.splice(index, 0, `!${sample?.slice(0, 12)}`)
        return all
      },
    )
    expect(seen.join('')).toBe('{"a":1}\n!{"long":[{},{"b":2}\n[{}]\n')
  }
})

test('behind what is too long and never closes it begins anew where a line begins as JSON allows none', () => {
  const broken = `{"a":[{"b":\n${'{"c":1},\n'.repeat(50)}`
  const behind = '{"lost":1}\n{"d":1}\n{"e":1}\n'
  for (const size of [1, 10, 1000]) {
    const { blocks, problems } = told(new ValueSplitter(200), cut(`${broken}${behind}`, [size]))
    expect([Buffer.concat(blocks).toString(), problems.length]).toEqual(['{"d":1}\n{"e":1}\n', 1])
    const arrays = told(new ValueSplitter(200), cut(`${broken}[]\n[{}]\n[{},\n{}]\n`, [size]))
    expect([Buffer.concat(arrays.blocks).toString(), arrays.problems.length]).toEqual(['[{}]\n[{},\n{}]\n', 1])
  }
})

test('a line without brackets that is too long is skipped up to its end', () => {
  for (const text of ['x'.repeat(500), `"${'x'.repeat(500)}`]) {
    const { blocks, problems } = told(new ValueSplitter(100), cut(`{"a":1} ${text}\n{"b":1}\n`, [30]))
    expect([said(blocks), problems.length]).toMatchObject([{ events: [{}, {}], refused: 0 }, 1])
  }
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
