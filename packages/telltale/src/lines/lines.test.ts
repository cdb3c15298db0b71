import { scan } from '@telltale/event'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventsIn, lineReader } from './index.ts'

const read = (line: string, defaults: Partial<Parameters<typeof lineReader>[0]> = {}): unknown => {
  const text = lineReader({ format: 'auto', ...defaults })(line)
  return text === undefined ? undefined : JSON.parse(text)
}

test('JSON objects stay as they are, word for word', () => {
  const line = '{"type":"a","n":12345678901234567890}'
  expect(lineReader({ format: 'auto' })(line)).toBe(line)
  expect(lineReader({ format: 'auto', type: 'log' })(line)).toBe(line)
  expect(lineReader({ format: 'auto', type: 'log' })(' {"n":12345678901234567890}')).toBe(
    '{"type":"log","n":12345678901234567890}',
  )
  expect(read('{}', { type: 'log', hostname: 'h' })).toEqual({ type: 'log', hostname: 'h' })
})

test('what is meant as JSON is not made prose of, broken or not', () => {
  const auto = lineReader({ format: 'auto', type: 'log' })
  for (const broken of ['{"type":"a","a":}', ' { "a":1,}', '{"a":1}}']) expect(auto(broken)).toBe(broken)
  expect(lineReader({ format: 'auto' })('"quoted"')).toBe('"quoted"')
  expect(read('"a \\"b\\""', { type: 'log' })).toEqual({ type: 'log', additional_info: { message: 'a "b"' } })
  expect(read('[{"n":1},{"type":"b"}]', { type: 'log' })).toEqual([{ type: 'log', n: 1 }, { type: 'b' }])
  expect(read('"open', {})).toEqual({ additional_info: { message: '"open' } })
  expect(read('[info] started')).toEqual({ additional_info: { message: '[info] started' } })
})

test('where all is said to be JSON, what is no event gets no defaults', () => {
  const json = lineReader({ format: 'json', type: 'log' })
  for (const line of ['7', 'null', 'true', 'prose', '{"a":', '[7]']) expect(json(line)).toBe(line)
})

test('anything else is a message, empty lines are nothing', () => {
  expect(read('Dec 10 06:55:46 LabSZ sshd[24200]: "quoted" \\ back', { type: 'log' })).toEqual({
    type: 'log',
    additional_info: { message: 'Dec 10 06:55:46 LabSZ sshd[24200]: "quoted" \\ back' },
  })
  expect(read('{not json}')).toEqual({ additional_info: { message: '{not json}' } })
  expect(read('404')).toEqual({ additional_info: { message: '404' } })
  expect(read('line\r')).toEqual({ additional_info: { message: 'line' } })
  expect(read('  ')).toBeUndefined()
  expect(read('{"a":1}', { format: 'plain' })).toEqual({ additional_info: { message: '{"a":1}' } })
})

test('an access log line is taken apart', () => {
  const line =
    '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /presentations/logstash?x=\\"y\\" HTTP/1.1" 200 203023 "http://semicomplete.com/" "Mozilla/5.0 (Macintosh)"'
  expect(read(line)).toEqual({
    type: 'access',
    time: '2015-05-17T10:05:03+0000',
    additional_info: {
      client: '83.149.9.216',
      method: 'GET',
      url: '/presentations/logstash?x=\\"y\\"',
      protocol: 'HTTP/1.1',
      status: 200,
      bytes: 203023,
      referrer: 'http://semicomplete.com/',
      user_agent: 'Mozilla/5.0 (Macintosh)',
      message: line,
    },
  })
  expect(read('::1 - bob [01/Jan/2020:00:00:00 +0200] "-" 408 -', { type: 'web' })).toMatchObject({
    type: 'web',
    additional_info: { client: '::1', user: 'bob', url: '-', status: 408, bytes: 0 },
  })
})

test('events in a line are counted as the scanner does, whatever stands around it', () => {
  const counted = (text: string): number => {
    const { accepted, refused } = scan(Buffer.from(text), { hostname: 'h', receivedAt: 1e12 })
    return accepted + refused
  }
  const value = fc.oneof(
    fc.json(),
    fc.json().map(json => ` ${json}\t`),
    fc.array(fc.json(), { maxLength: 4 }).map(all => `[${all.join(' , ')}]`),
    fc.constantFrom('[]', '[[]]', '[{"type":1},"a",[{}]]', '{"time":"x"}', `[${'['.repeat(50)}${']'.repeat(50)},{}]`),
  )
  fc.assert(
    fc.property(fc.array(value), lines => {
      const events = lines.reduce((sum, line) => sum + eventsIn(line)!, 0)
      expect(events).toBe(counted(lines.join('\n')))
    }),
    { seed: 5, numRuns: 1000 },
  )
  const long = `"${'x'.repeat(200_000)}"`
  for (const line of [`{"a":${long}}`, `[${long},3]`]) expect(eventsIn(line)).toBe(counted(line))
})

test('what is no JSON, or so long that it may not be read, is not counted', () => {
  for (const line of ['{"a":', '{}{}', '{"a":1}}', '\ufeff{}', `"${'x'.repeat(300_000)}"`])
    expect(eventsIn(line)).toBeUndefined()
})
