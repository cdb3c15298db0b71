import { scan } from '@telltale/event'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainToMessages } from './plain.ts'

const read = (text: string | Buffer) => {
  const { batch, problems } = scan(plainToMessages(Buffer.from(text)), { hostname: 'h', receivedAt: 1 })
  const messages = Array.from({ length: batch.length }, (_, row) => batch.info(row)['message'] ?? batch.event(row).type)
  return { messages, problems }
}

test('lines that are no JSON become messages, the others stay', () => {
  const { messages, problems } = read(
    'plain\r\n{"type":"a"}\n\n   at f (x.js:1)\n{odd} and {even}\n[2026-11-22] ERROR x\n[1, 2]\n42\n"bare"\n{"cut": 1',
  )
  expect(problems).toEqual([])
  expect(messages).toEqual([
    'plain',
    'a',
    '   at f (x.js:1)',
    '{odd} and {even}',
    '[2026-11-22] ERROR x',
    '[1, 2]',
    '42',
    'bare',
    '{"cut": 1',
  ])
})

test('a broken object is refused, not taken for prose', () => {
  const { messages, problems } = read('{"a": NaN}\nfine\n')
  expect(messages).toEqual(['fine'])
  expect(problems).toHaveLength(1)
})

test('bytes that need no change are not copied', () => {
  const lines = Buffer.from('{"a":1}\n { } \n{"b":"é"}\n')
  expect(plainToMessages(lines)).toBe(lines)
})

test('any text without JSON comes back line by line', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), texts => {
      const lines = texts.map(text => `- ${text.replace(/[\n\r]/g, ' ')}`)
      expect(read(lines.join('\n')).messages).toEqual(lines)
    }),
  )
})

test('any bytes do not throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => void plainToMessages(Buffer.from(bytes))))
})
