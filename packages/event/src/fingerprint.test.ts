import { expect, test } from 'vitest'
import { batchOf, fingerprint, fingerprintOf, type JsonObject } from './index.ts'
import { mask } from './mask.ts'

const origin = { hostname: 'h', receivedAt: 1_795_132_800_000 }
const HEX32 = /^[0-9a-f]{32}$/

test.each([
  ['timeout after 1200 ms waiting for order 77', 'timeout after 31 ms waiting for order 912345'],
  ["undefined method 'name' for #<User:0x00007f8b1c0a>", "undefined method 'name' for #<User:0x1>"],
  ['could not obtain database connection within 5 sec', 'could not obtain database connection within 5.5 sec'],
  ['order 60537dd0 denied for user 5', 'order 11aa22bb denied for user 177777'],
  ['job 123e4567-e89b-12d3-a456-426614174000 failed', 'job 00000000-E89B-12D3-A456-ffffffffffff failed'],
  ['connect to 10.0.0.1:5432 refused', 'connect to 192.168.13.7:80 refused'],
  ['connect to [fe80::1%eth0]:22 refused', 'connect to [2001:db8::8a2e:370:7334]:8080 refused'],
  ['mail to jo.doe+x@example.org bounced', 'mail to a@b.co.uk bounced'],
  ['since 2026-11-22T10:00:00.123Z', 'since 2025-01-02T23:59:59.9Z'],
  ['on Mon Jan 12 10:11:12 all went', 'on Tue Feb  3 01:02:03 all went'],
  ['worker-17 died', 'worker-3 died'],
  ['sizes [1, 2, 3]', 'sizes [44, 5]'],
  ['token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9 expired', 'token abCdefGhijklmnopqrStuvwx1234 expired'],
  ['key not found: "order_12"', 'key not found: "order_4711"'],
  ['x.js:10:5 in Foo@1a2b3c', 'x.js:777:15 in Foo@deadbeef'],
  ['delta -5', 'delta 3e+7'],
  ['delete blk_1 blk_-22 blk_3', 'delete blk_9'],
  ['no route to db1.prod.internal:5432', 'no route to cache.example.com'],
  ['mac 00:1b:44:11:3A:B7', 'mac ff:ff:ff:ff:ff:ff'],
  ['a.rb:1\nb.rb:2', 'a.rb:1\nb.rb:2\n0x7fffab'],
])('the same thing again: %s', (a, b) => {
  expect(mask(a)).toBe(mask(b))
  expect(fingerprintOf('t', { message: a })).toBe(fingerprintOf('t', { message: b }))
})

test.each([
  ['connection refused', 'connection reset'],
  ["undefined method 'name'", "undefined method 'save'"],
  ['user order denied', 'user invoice denied'],
  ['facade broken', 'decade broken'],
  ['in com.foo.Bar:1', 'in com.foo.Baz:1'],
  ['at Foo.bar (a.js:1)', 'at Foo.baz (a.js:1)'],
])('two things: %s, %s', (a, b) => {
  expect(mask(a)).not.toBe(mask(b))
})

test('a trace tells more than a message, wherever it stands', () => {
  const trace = ['a.rb:1', 'b.rb:2']
  const by = (info: JsonObject) => fingerprintOf('t', info)
  const one = by({ backtrace: 'a.rb:9\nb.rb:8', message: 'x' })
  expect(one).toMatch(HEX32)
  for (const info of [{ backtrace: trace }, { exception: { stacktrace: trace } }, { 'exception.stacktrace': trace }])
    expect(by(info)).toBe(one)
  expect(by({ backtrace: '', message: 'x' })).toBe(by({ message: 'x' }))
  expect(by({ message: 7 })).toBe(by({}))
  expect(by({})).not.toBe(by({ message: 'x' }))
  expect(fingerprintOf('u', {})).not.toBe(by({}))
})

test('a batch is filled in as single events are, and a sent md5 stays', () => {
  const infos: JsonObject[] = [
    { message: 'a 1' },
    { message: 'a 2', stack: ['x:1'] },
    { stack: 5, msg: 'm' },
    { error: { message: 'deep' } },
    { 'error.message': 'deep' },
    { message: '', stack: [] },
    { message: 12345 },
    {},
    { body: 'y', backtrace: null },
  ]
  const { batch } = batchOf(
    infos.flatMap(additional_info => ['t', 'u'].map(type => ({ type, additional_info }))),
    origin,
  )
  fingerprint(batch)
  for (let row = 0; row < batch.length; row++) {
    const { type, additional_info, md5 } = batch.event(row)
    expect(md5).toBe(fingerprintOf(type, additional_info))
  }
  const sent = batchOf([{ md5: 'mine', message: 'a' }], origin).batch
  fingerprint(sent)
  expect(sent.event(0).md5).toBe('mine')
})

test('no text takes long', () => {
  for (const part of ['1:', 'a-', '0x', 'aA1', '1.', 'a@', 'a.', '* ', ':', 'f'])
    expect(fingerprintOf('t', { message: part.repeat(100_000) })).toMatch(HEX32)
})
