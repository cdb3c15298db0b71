import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf, type Json, scan, setInfo, writeInfo, writeLines } from './index.ts'
import { Output } from './output.ts'

const origin = { hostname: 'h', receivedAt: 1_795_132_800_003.5 }
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.double({ min: 0, max: 1000, noNaN: true }).map(value => +value.toFixed(5)),
  fc.tuple(fc.integer({ min: -1e15, max: 1e15 }), fc.nat(12)).map(([digits, places]) => digits / 10 ** places),
)

test('numbers are written as JSON.stringify writes them', () => {
  const written = (value: number, how: 'number' | 'time') => {
    const output = new Output(1)
    output[how](value)
    return output.bytes.toString('latin1', 0, output.length)
  }
  fc.assert(
    fc.property(number, value => {
      expect(written(value + 0, 'number')).toBe(JSON.stringify(value))
    }),
    { numRuns: 20_000 },
  )
  const micros = fc.integer({ min: 0, max: 9.2e15 }).map(value => value / 1e3)
  fc.assert(
    fc.property(fc.oneof(micros, number.map(Math.abs)), value => {
      expect(written(value, 'time')).toBe(JSON.stringify(value))
    }),
    { numRuns: 20_000 },
  )
})

test('strings are written as JSON.stringify writes them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const { batch } = batchOf([{ text }], origin)
      expect(writeInfo(batch, 0)).toBe(JSON.stringify({ text }))
    }),
  )
})

test('whatever must be escaped is, wherever in a text it stands', () => {
  const unit = fc.constantFrom('a', 'bcd', 'é', '日本', '"', '\\', '\n', '\u0000', '\u001f', '\u007f', ' ')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), text => {
      const { batch } = batchOf([{ text, texts: [text] }], origin)
      expect(writeInfo(batch, 0)).toBe(JSON.stringify({ text, texts: [text] }))
    }),
    { numRuns: 2000 },
  )
})

test('lines tell their own time of receipt', () => {
  const times = [5, 5, 1_795_132_800_003.5, 1_795_132_800_003.5, 0, 7.25]
  const lines = times.map(time => `{"received_at":${time}}`).join('\n')
  const { batch } = scan(Buffer.from(lines), { ...origin, trusted: true })
  const written = writeLines(batch).toString().trim().split('\n')
  expect(written.map(line => JSON.parse(line).received_at)).toEqual(times)
})

test('a line has its keys in order, seq and collector only once journaled', () => {
  const { batch } = batchOf(
    [{ type: 'a', md5: 'm', tags: ['t'], time: 1_795_132_800_001.25, x: { y: [1] }, z: null }, 'b'],
    origin,
  )
  const first =
    '"type":"a","hostname":"h","time":1795132800001.25,"received_at":1795132800003.5,"tags":["t"],"md5":"m","additional_info":{"x":{"y":[1]},"z":null}}\n'
  expect(writeLines(batch, 0, 1).toString()).toBe(`{${first}`)
  batch.seq = 9
  batch.collector = 'c"'
  expect(writeLines(batch, 0, 1).toString()).toBe(`{"seq":9,"collector":"c\\"",${first}`)
  expect(writeLines(batch, 1).toString()).toContain('{"seq":10,')
  expect(writeLines(batch, 2)).toHaveLength(0)
})

test('objects nest again as they came, whichever row is written first', () => {
  const infos: Json[] = [
    { a: { b: { c: 1, d: { e: 'x' } }, f: {} }, g: { h: true } },
    { g: { h: false, i: [{ j: null }] } },
    {},
    { 'a.b': 1, a: { b: 2 }, '': { '': 3 }, '"\\\n': { '\u2028é': 4 } },
  ]
  const { batch } = batchOf(
    infos.map(additional_info => ({ additional_info })),
    origin,
  )
  for (const row of [3, 0, 2, 1, 0]) expect(writeInfo(batch, row)).toBe(JSON.stringify(infos[row]))
  setInfo(batch, ['late'], [1, 2], [7, 8])
  for (const row of [2, 1])
    expect(JSON.parse(writeInfo(batch, row))).toEqual({ ...(infos[row] as object), late: 6 + row })
  expect(writeInfo(batch, 0)).toBe(JSON.stringify(infos[0]))
})

test('a number no double holds is written with its digits', () => {
  const text = '{"a":12345678901234567890,"b":[1.00],"c":1.00}'
  expect(writeInfo(scan(Buffer.from(text), origin).batch, 0)).toBe('{"a":12345678901234567890,"b":[1.00],"c":1}')
})
