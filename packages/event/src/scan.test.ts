import { expect, test } from 'vitest'
import { BOUNDS, type Bounds, type Origin, scan } from './index.ts'

const origin: Origin = { hostname: 'h', receivedAt: 1_795_132_800_003.5 }
const read = (text: string, bounds?: Bounds) => {
  const { batch, problems, accepted, refused } = scan(Buffer.from(text), origin, bounds)
  expect(accepted).toBe(batch.length)
  expect(refused).toBe(problems.length)
  const infos = Array.from({ length: batch.length }, (_, row) => batch.info(row))
  return { batch, problems, infos, says: problems.map(p => [p.index, p.kind, p.reason]) }
}
const many = (...lines: string[]) => lines.join('\n')

test.each([
  ['lines', '{"a":1}\n{"a":2}\n'],
  ['lines with \\r\\n and empty ones', '{"a":1}\r\n\r\n  \n{"a":2}\r\n'],
  ['a byte order mark', '\ufeff{"a":1}\n{"a":2}'],
  ['an array', '[{"a":1},{"a":2}]'],
  ['a pretty array', '[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n'],
  ['objects one after another', '{"a":1}{"a":2}'],
  ['pretty objects one after another', '{\n "a": 1\n}\n{\n "a": 2\n}'],
  ['lines that are arrays', '[{"a":1}]\n[]\n[{"a":2}]'],
  ['additional_info alone', '{"additional_info":{"a":1}} {"additional_info":{"a":2}}'],
])('%s', (_, text) => {
  expect(read(text)).toMatchObject({ problems: [], infos: [{ a: 1 }, { a: 2 }] })
})

test.each(['', ' \n\t\r\n', '[]', '[ ]\n'])('nothing in %j', text => {
  expect(read(text)).toMatchObject({ problems: [], infos: [] })
})

test('a bare string is an event where it is a line, an element or everything', () => {
  expect(read('"boom"').infos).toEqual([{ message: 'boom' }])
  expect(read('"a"\r\n  "b" \n["c", "d"]').infos.map(info => info['message'])).toEqual(['a', 'b', 'c', 'd'])
  expect(read('{"a":1} "b"').says).toMatchObject([[1, 'syntax', expect.stringContaining('found "\\""')]])
  expect(read('"b" "c"\n{"a":1}')).toMatchObject({ problems: [{ index: 0 }], infos: [{ a: 1 }] })
})

test('what is JSON but no event says so', () => {
  const { says, infos } = read('5\n{"a":1}\nnull\n[7,{"a":2},[{"a":3}],true]\n{"a":4}')
  expect(infos.map(info => info['a'])).toEqual([1, 2, 4])
  expect(says).toEqual([
    [0, 'event', 'an event must be an object or a string, found number 5'],
    [2, 'event', 'an event must be an object or a string, found null'],
    [3, 'event', 'an event must be an object or a string, found number 7'],
    [5, 'event', 'an event must be an object or a string, found an array'],
    [6, 'event', 'an event must be an object or a string, found boolean true'],
  ])
})

test.each([
  ['{"a":1,}', 'byte 8: expected a key in double quotes, found "}"'],
  ['{"a" 1}', 'byte 6: expected ":", found "1"'],
  ['{"a":tru}', 'byte 6: expected a value, found "t"'],
  ['{"a":01}', 'byte 7: expected "," or "}", found "1"'],
  ['{"a":1.}', 'byte 8: expected a digit after the decimal point, found "}"'],
  ['{"a":"x\ty"}', 'byte 8: expected no bare control character in a string (escape it), found "\\t"'],
  ['{"a":"\\x"}', 'byte 8: expected one of "\\/bfnrtu after a backslash, found "x"'],
  ['{"a":"é', 'byte 9: expected a closing quote, found the end'],
  ["{'a':1}", 'byte 2: expected a key in double quotes, found "\'"'],
  ['oops', 'byte 1: expected an event (an object, an array of objects, or a string alone on its line), found "o"'],
])('%s is refused with the place', (text, reason) => {
  expect(read(`{"b":1}\n${text}\n{"b":2}`)).toMatchObject({ infos: [{ b: 1 }, { b: 2 }] })
  expect(read(text).says).toEqual([[0, 'syntax', reason]])
})

test('a line broken off costs itself alone', () => {
  const broken = ['{"a":{"b":1}', '{"a":', '{"a":"trunc', '{"a":[1,', '{"a":1,', '{', '[', '{"a":{"b":"']
  for (const line of broken) {
    const { infos, problems } = read(many('{"x":1}', line, '{"x":2}', '{"x":3}'))
    expect([line, infos]).toEqual([line, [{ x: 1 }, { x: 2 }, { x: 3 }]])
    expect(problems).toHaveLength(1)
  }
})

test('a broken pretty object is one problem, not a heap of events', () => {
  const broken = many('{', '  "a": oops,', '  "c": [', '    {', '      "d": 1', '    },', '    {}', '  ]', '}')
  expect(read(many('{"x":1}', broken, '{"x":2}', broken, '{', '  "x": 3', '}'))).toMatchObject({
    infos: [{ x: 1 }, { x: 2 }, { x: 3 }],
    problems: [{ index: 1 }, { index: 3 }],
  })
  const flat = many('{', '"a": oops,', '"c": 1', '}')
  expect(read(many(flat, '{"x":1}'))).toMatchObject({ infos: [{ x: 1 }], problems: [{ index: 0 }] })
})

test.each([
  '[{"x":1},{"a":oops},{"x":2}]',
  '[{"x":1},{"a":[1,{"b":tru}],"c":"],}"},{"x":2}]',
  '[{"x":1},{"a":"unclosed},\n{"x":2}]',
  '[\n  {"x":1},\n  {"a":{"b":1},\n  {"x":2}\n]',
  '[\n  {\n    "x": 1\n  },\n  {\n    "a": {\n\n      "b": oops\n    }\n  },\n  {\n    "x": 2\n  }\n]',
  '[{"x":1},oops,{"x":2}]',
  '[{"x":1},,{"x":2}]',
  '[{"x":1},{"x":2},]',
  '[{"x":1},{"x":2}',
  '[{"x":1}\n{"x":2}',
  '[{"x":1} {"y":1},{"x":2}]',
])('one bad element costs itself alone: %s', text => {
  const { infos, problems } = read(text)
  expect(infos).toEqual([{ x: 1 }, { x: 2 }])
  expect(problems).toHaveLength(1)
})

test('bounds', () => {
  const bounds = { ...BOUNDS, line: 100, depth: 4, keys: 5, tags: 2 }
  const says = (text: string) => read(many('{"x":1}', text, '{"x":2}'), bounds)
  const long = says(`{"a":"${'x'.repeat(200)}"}`)
  expect(long).toMatchObject({ infos: [{ x: 1 }, { x: 2 }], problems: [{ kind: 'bound' }] })
  expect(long.says[0]![2]).toBe('longer than 100 bytes')
  expect(says('{"a":{"b":[[]]}}').says).toEqual([])
  expect(says('{"a":{"b":[[[]]]}}').says[0]).toEqual([1, 'bound', 'nested deeper than 4 levels (byte 13)'])
  expect(says('{"a":1,"b":[{"c":1,"d":2,"e":3}]}').says).toEqual([])
  expect(says('{"a":1,"b":[{"c":1,"d":2,"e":3,"f":4}]}').says[0]![2]).toBe('more than 5 keys (byte 32)')
  expect(says('{"tags":["a","b","a"]}').says).toEqual([])
  expect(says('{"tags":["a","b","c"]}').says[0]![2]).toBe('3 tags, at most 2 are taken')
  expect(says(`{"a":"${'x'.repeat(92)}"}`).says).toEqual([])
  expect(says(`{"a":"${'x'.repeat(93)}"}`).says).toHaveLength(1)
})

test('numbers no double holds go back as they came; beyond a double they are refused', () => {
  const { batch, infos, says } = read(
    '{"a":12345678901234567890,"b":1.0000000000000001,"c":9007199254740993,"d":[1e2],"e":0.30000000000000004,"f":-0}\n{"a":1e400}\n{"a":[-1e999]}',
  )
  expect(infos[0]).toEqual({
    a: 12345678901234567000,
    b: 1,
    c: 9007199254740992,
    d: [100],
    e: 0.30000000000000004,
    f: 0,
  })
  const [a, b, c, , e] = batch.columns
  expect([a, b, c].map(column => batch.dictionary.text(column!.codes[0]!))).toEqual([
    '12345678901234567890',
    '1.0000000000000001',
    '9007199254740993',
  ])
  expect(e!.codes[0]).toBe(0)
  expect(says.map(([, , reason]) => reason)).toEqual(Array(2).fill('a number is beyond what a double holds'))
})

test('strings are well-formed', () => {
  const { infos } = read('{"a":"\\ud800","b\\udc00":"\\ud83d\\ude00\\ud83d","c":["\\ud800"],"d":"\\u00e9\\u0000"}')
  expect(infos).toEqual([{ a: '\ufffd', 'b\ufffd': '😀\ufffd', c: ['\ufffd'], d: 'é\0' }])
  const { batch } = scan(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]), origin)
  expect(batch.info(0)).toEqual({ a: '\ufffd\ufffd' })
})

test('of a key met twice the last counts', () => {
  const { infos, says, batch } = read(
    many(
      '{"a":1,"a":2}',
      '{"a":{"b":1},"a":{"c":12345678901234567890}}',
      '{"a":{"b":1},"a":3,"d":[{"e":1,"e":2}]}',
      '{"time":"never","time":5,"type":"x","type":"y"}',
      '{"additional_info":{"a":1},"a":1.0}',
      '{"additional_info":{"a":1},"a":2}',
      '{"additional_info":"x","message":"x"}',
      '{"additional_info":{"a":null},"a":1e999}',
    ),
  )
  expect(infos).toEqual([
    { a: 2 },
    { a: { c: 12345678901234567000 } },
    { a: 3, d: [{ e: 2 }] },
    {},
    { a: 1 },
    { message: 'x' },
  ])
  expect(batch.event(3)).toMatchObject({ type: 'y', time: 5000 })
  const reason = '"a" stands both at top level and in additional_info, with different values'
  expect(says).toEqual([5, 7].map(index => [index, 'event', reason]))
  expect(Buffer.from(batch.dictionary.bytes).includes('12345678901234567890')).toBe(true)
})

test('prototype keys are data', () => {
  const text = '{"__proto__":{"x":1},"constructor":{"prototype":2},"additional_info":{"hasOwnProperty":3}}'
  const { infos } = read(text)
  expect(Object.keys(infos[0]!).sort()).toEqual(['__proto__', 'constructor', 'hasOwnProperty'])
  expect(({} as { x?: number }).x).toBeUndefined()
})

test('what one event was like does not change what the next one means', () => {
  const lines = [
    '{"additional_info":{"type":"inner","seq":1,"x":1}}',
    '{"type":"outer","seq":2,"x":1}',
    '{"seq":3,"collector":"c","type":"t","x":1}',
  ]
  const mixed = Array.from({ length: 40 }, (_, i) => lines[(i * 7) % 3]!)
  for (const trusted of [false, true, false]) {
    const together = scan(Buffer.from(mixed.join('\n')), { ...origin, trusted })
    mixed.forEach((line, row) => {
      const alone = scan(Buffer.from(line), { ...origin, trusted })
      expect(together.batch.event(row)).toEqual({ ...alone.batch.event(0), seq: undefined, collector: undefined })
      if (trusted) expect(together.seqs![row]).toBe(alone.seqs![0])
    })
  }
})

test('of many problems the first are told and all are counted', () => {
  const taken = scan(Buffer.from('oops\n'.repeat(50)), origin, { ...BOUNDS, problems: 3 })
  expect(taken).toMatchObject({ accepted: 0, refused: 50 })
  expect(taken.problems.map(problem => problem.index)).toEqual([0, 1, 2])
})
