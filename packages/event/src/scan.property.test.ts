import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { BatchBuilder, BOUNDS, type Event, type Json, type Origin, scan, writeLines } from './index.ts'

/** How many cases in all; `TELLTALE_FUZZ_CASES=1000000 npx vitest run scan.property` is the long run. */
const CASES = Number(process.env['TELLTALE_FUZZ_CASES'] ?? 10_000)
const SEED = process.env['TELLTALE_FUZZ_SEED'] === undefined ? 20_261_122 : Number(process.env['TELLTALE_FUZZ_SEED'])
// A busy machine may take its time.
vi.setConfig({ testTimeout: Math.max(120_000, CASES * 20) })
const run = (share: number) => ({ numRuns: Math.ceil(CASES * share), seed: SEED, endOnFailure: CASES > 50_000 })
const origin: Origin = { hostname: 'h', receivedAt: 1_795_132_800_003.5 }
const trusted: Origin = { ...origin, trusted: true }

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'é"', '__proto__', 'constructor', 'a.b', '') },
  { weight: 4, arbitrary: fc.constantFrom('type', 'hostname', 'time', 'tags', 'md5', 'additional_info', 'message') },
  { weight: 1, arbitrary: fc.constantFrom('received_at', 'seq', 'collector', 'hasOwnProperty', '1', '0') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
)
const number = fc.oneof(
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.integer({ min: 0, max: 2_000_000_000_000 }),
)
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('2026-11-22T10:00:00.123456Z', '2026-11-22', 'x\ny', '"', '\\', '\u2028'),
)
/** Numbers as senders may write them, beyond what JSON.stringify does. */
const numberText = fc.oneof(
  number.map(value => JSON.stringify(value)),
  fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/),
)
/** Strings with escapes nobody needs, surrogates without their twins, and broken ones. */
const stringText = fc.oneof(
  text.map(value => JSON.stringify(value)),
  fc.stringMatching(/^"(\\u[0-9a-fA-F]{4}|\\ud[89abcdef][0-9a-f]{2}|\\["\\/bfnrt]|[a-c ]){0,6}"$/),
)
/** JSON as text, so that keys may repeat and white space may stand anywhere. */
const space = fc.constantFrom('', '', '', '', ' ', '\n', '\t ', '\r\n')
const json: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 3, arbitrary: numberText },
    { weight: 3, arbitrary: stringText },
    { weight: 2, arbitrary: fc.constantFrom('true', 'false', 'null', '{}', '[]', '""') },
    {
      weight: 2,
      arbitrary: fc
        .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
        .map(list => `[${list.map(x => x.join('')).join(',')}]`),
    },
    { weight: 3, arbitrary: tie('object') },
  ),
  object: fc
    .array(
      fc.tuple(
        space,
        fc.oneof(
          key.map(k => JSON.stringify(k)),
          stringText,
        ),
        space,
        space,
        tie('value'),
        space,
      ),
      { maxLength: 6 },
    )
    .map(members => `{${members.map(([a, k, b, c, v, d]) => `${a}${k}${b}:${c}${v}${d}`).join(',')}}`),
})).object
/** Broken by taking out, doubling or changing some of its bytes. */
const mutated = fc
  .tuple(
    json,
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...'{}[]",:\\u0123456789eE+-. \n\ttfnad\u0001é')), {
      maxLength: 4,
    }),
  )
  .map(([document, edits]) => {
    let out = document
    for (const [at, kind, char] of edits) {
      const i = at % (out.length + 1)
      if (kind === 0) out = out.slice(0, i) + out.slice(i + 1)
      else if (kind === 1) out = out.slice(0, i) + char + out.slice(i)
      else if (kind === 2) out = out.slice(0, i) + char + out.slice(i + 1)
      else out = out.slice(0, i) + out.slice(i, i + 5) + out.slice(i)
    }
    return out
  })

/** What the object route makes of a document that stands for one event. */
function expected(document: string, from: Origin): Event | 'refused' {
  let value: unknown
  try {
    value = JSON.parse(document)
  } catch {
    return 'refused'
  }
  const builder = new BatchBuilder(BOUNDS)
  return builder.add(value, from) === undefined ? plain(builder.batch.event(0)) : 'refused'
}

/** Without the sign of zero, and with words that are numbers as doubles: JSON.parse can't know their digits. */
function plain(event: Event): Event {
  const seen = JSON.parse(JSON.stringify(event), (_, value: Json) => value) as Event
  for (const word of ['type', 'hostname', 'md5'] as const)
    if (seen[word] !== '' && !Number.isNaN(Number(seen[word]))) seen[word] = String(Number(seen[word]))
  return seen
}

/** As expect(a).toEqual(b), which is slow where nothing is wrong. */
function same(a: unknown, b: unknown): void {
  if (!isDeepStrictEqual(a, b)) expect(a).toEqual(b)
}

function agrees(document: string, from: Origin): void {
  const { batch, problems } = scan(Buffer.from(document), from)
  const should = expected(Buffer.from(document).toString(), from)
  if (should === 'refused') {
    expect(batch.length).toBe(0)
    expect(problems.length).toBeGreaterThan(0)
    return
  }
  expect(problems).toEqual([])
  expect(batch.length).toBe(1)
  batch.seq = 0
  same(plain(batch.event(0)), should)
}

test('an object says the same by bytes as by JSON.parse', () => {
  fc.assert(
    fc.property(json, document => agrees(document, origin)),
    run(0.3),
  )
  fc.assert(
    fc.property(json, document => agrees(document, trusted)),
    run(0.1),
  )
})

test('what JSON.parse refuses is refused, what it takes is taken', () => {
  fc.assert(
    fc.property(mutated, document => {
      const whole = document.trim()
      if (!whole.startsWith('{')) return
      const isJson = expected(whole, origin) !== 'refused'
      if (isJson) agrees(whole, origin)
      // Broken documents may hold whole ones ("{}{}"); what counts is that nothing is taken from a broken line.
      else if (!whole.includes('\n') && !whole.includes('}'))
        expect(scan(Buffer.from(whole), origin).batch.length).toBe(0)
      else if (!whole.includes('\n')) strict(whole)
    }),
    run(0.3),
  )
})

/** On one line: the events taken are whole JSON objects that stand one after another at its start. */
function strict(line: string): void {
  const { batch } = scan(Buffer.from(line), origin)
  let at = 0
  for (let row = 0; row < batch.length; row++) {
    let end = at
    let value: unknown
    for (;;) {
      end = line.indexOf('}', end) + 1
      expect(end).toBeGreaterThan(0)
      try {
        value = JSON.parse(line.slice(at, end))
        break
      } catch {}
    }
    const builder = new BatchBuilder(BOUNDS)
    if (builder.add(value, origin) === undefined) same(plain(batch.event(row)), plain(builder.batch.event(0)))
    else row--
    at = end
  }
}

test('lines, arrays and one after another are the same events; a broken one between costs nothing', () => {
  const events = fc.array(json, { maxLength: 5 })
  fc.assert(
    fc.property(events, mutated, (documents, broken) => {
      const lines = documents.map(document => document.replace(/[\r\n]/g, ' '))
      const each = lines.map(line => expected(line, origin)).filter(event => event !== 'refused')
      const all = (bytes: string) => {
        const { batch } = scan(Buffer.from(bytes), origin)
        return Array.from({ length: batch.length }, (_, row) => plain(batch.event(row)))
      }
      same(all(lines.join('\n')), each)
      same(all(`[${documents.join(',')}]`), each)
      same(all(lines.join('')), each)
      const bad = `!${broken.replace(/[\r\n]/g, ' ')}`
      same(all([...lines, bad, ...lines].join('\r\n')), [...each, ...each])
    }),
    run(0.07),
  )
})

test('what is written is scanned as it was, and written the same again', () => {
  fc.assert(
    fc.property(fc.array(json, { maxLength: 4 }), documents => {
      const { batch } = scan(Buffer.from(documents.join('\n')), origin)
      batch.seq = 41
      batch.collector = 'c'
      const bytes = writeLines(batch)
      const lines = bytes.toString().split('\n').slice(0, -1)
      expect(lines).toHaveLength(batch.length)
      for (const [row, line] of lines.entries()) same(plain(JSON.parse(line)), plain(batch.event(row)))
      const again = scan(bytes, trusted)
      expect(again.problems).toEqual([])
      expect(again.batch.length).toBe(batch.length)
      if (batch.length > 0) expect([again.batch.seq, again.batch.collector]).toEqual([41, 'c'])
      expect(writeLines(again.batch).equals(bytes)).toBe(true)
    }),
    run(0.07),
  )
})

test('no bytes make it throw, and every event is counted once', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(mutated, { maxLength: 4 }).map(list => Buffer.from(list.join('\n'))),
    fc.array(mutated, { maxLength: 4 }).map(list => Buffer.from(`[${list.join(',')}]`)),
    fc.tuple(mutated, fc.nat(), fc.nat(255)).map(([document, at, byte]) => {
      const buffer = Buffer.from(document)
      if (buffer.length > 0) buffer[at % buffer.length] = byte
      return buffer
    }),
  )
  fc.assert(
    fc.property(bytes, input => {
      const { batch, problems, accepted, refused } = scan(input, origin)
      expect(accepted).toBe(batch.length)
      expect(refused).toBe(problems.length)
      expect(new Set(problems.map(problem => problem.index)).size).toBe(refused)
      for (const problem of problems) expect(problem.index).toBeLessThan(accepted + refused)
      for (const column of batch.columns) {
        expect(column.count).toBeGreaterThan(0)
        for (let i = 1; i < column.count; i++)
          if (column.rows[i]! <= column.rows[i - 1]!) expect.fail(`rows of ${column.path.name} do not rise`)
      }
      for (let row = 0; row < batch.length; row++) JSON.stringify(batch.event(row))
    }),
    run(0.1),
  )
})
