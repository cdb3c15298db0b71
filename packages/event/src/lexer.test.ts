import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writesBack } from './decimal.ts'
import { Lexer } from './lexer.ts'
import { hashOf } from './words.ts'

const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most })
const whole = digits(21).map(text => text.replace(/^0+(?=.)/, ''))
const decimal = fc
  .tuple(fc.constantFrom('', '-'), whole, fc.option(digits(24)), fc.option(fc.integer({ min: -400, max: 400 })))
  .map(([sign, i, f, e]) => `${sign}${i}${f === null ? '' : `.${f}`}${e === null ? '' : `e${e}`}`)
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => JSON.stringify(value))
const time = fc.tuple(fc.integer({ min: 0, max: 4e12 }), digits(9)).map(([ms, fraction]) => `${ms}.${fraction}`)
/** Half-way between two doubles, and right beside that. */
const tie = fc
  .tuple(
    fc.integer({ min: 2 ** 40, max: 2 ** 41 - 1 }),
    fc.integer({ min: 0, max: 4095 }),
    fc.constantFrom('', '1', '0000001'),
  )
  .map(([ms, n, more]) => `${ms}.${String((BigInt(2 * n + 1) * 10n ** 13n) / 2n ** 13n).padStart(13, '0')}${more}`)

test('a number is the double nearest to its text, and exact only where that says the same', () => {
  const lexer = new Lexer()
  const check = (text: string, after: string): void => {
    const bytes = Buffer.from(`${text}${after}`)
    lexer.open(bytes)
    expect(lexer.number(0)).toBe(text.length)
    expect(lexer.value).toBe(Number(text) + 0)
    if (Number.isFinite(lexer.value)) expect(lexer.isExact(0, text.length)).toBe(writesBack(text, lexer.value))
  }
  fc.assert(fc.property(fc.oneof(decimal, double, time, tie), fc.constantFrom('', ',', '}', ' ,"a":1}'), check), {
    numRuns: 20_000,
  })
  for (const text of [
    '4503599627370496',
    '4503599627370497.5',
    '9007199254740993',
    '0.30000000000000004',
    '1795132800000.0001220703125',
  ])
    check(text, '}')
})

test('a string with escapes says the same each time it comes, and so do those that differ from it', () => {
  const lexer = new Lexer()
  const check = (text: string): void => {
    const json = Buffer.from(`${JSON.stringify(text)},"${'x'.repeat(16)}"`)
    lexer.open(json)
    expect(lexer.string(1)).toBe(Buffer.byteLength(JSON.stringify(text)))
    expect(lexer.text()).toBe(text)
    expect(lexer.hash).toBe(hashOf(lexer.sourceView, lexer.from, lexer.to))
  }
  const trace = fc.string({
    unit: fc.constantFrom('\n', '"', 'a', 'é', 'lib/order.rb:12 ', '\\', '\u0001'),
    maxLength: 40,
  })
  const property = fc.property(trace, trace, (a, b) => {
    for (const text of [a, a, a, b, a + b, a, `${a}\n${b}`, a.slice(0, -1), a]) check(text)
  })
  fc.assert(property, { numRuns: 2000 })
})

test('a known string does not reach beyond what may be read', () => {
  const lexer = new Lexer()
  const json = Buffer.from(JSON.stringify(`${'line\n'.repeat(20)} and on`))
  for (let time = 0; time < 3; time++) {
    lexer.open(json)
    lexer.string(1)
  }
  for (let end = 1; end < json.length; end++) {
    lexer.open(json)
    lexer.end = end
    expect(() => lexer.string(1)).toThrow(expect.objectContaining({ kind: 'syntax' }))
  }
  lexer.open(json)
  expect(lexer.string(1)).toBe(json.length)
})
