import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fold, likeText } from './fold.ts'
import { nearest } from './nearest.ts'
import { compareKeys, compareScalars, compareText } from './order.ts'
import { globTest, regexProblem, regexTest } from './pattern.ts'

test('strings are ordered by code point', () => {
  const points = (text: string): number[] => [...text].map(char => char.codePointAt(0)!)
  const word = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(word, word, (a, b) => {
      const [x, y] = [points(a), points(b)]
      const at = x.findIndex((point, i) => point !== y[i])
      const expected = at < 0 ? x.length - y.length : y[at] === undefined ? 1 : x[at]! - y[at]!
      expect(Math.sign(compareText(a, b))).toBe(Math.sign(expected))
    }),
  )
})

test('keys: numbers, strings, booleans, null', () => {
  const keys = [null, true, false, 'b', 'a', '', 2, -1, 10]
  expect(keys.toSorted(compareScalars)).toEqual([-1, 2, 10, '', 'a', 'b', false, true, null])
  expect(compareKeys([1, 'b'], [1, 'a'])).toBeGreaterThan(0)
  expect(compareKeys([], [])).toBe(0)
})

test('a glob is what the regular expression of its parts is', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '*', '?', '.', '😀'), { maxLength: 8 })
  fc.assert(
    fc.property(letters, letters, (glob, chars) => {
      const text = chars.join('')
      const source = glob.map(part => (part === '*' ? '.*' : part === '?' ? '.' : part === '.' ? '\\.' : part)).join('')
      expect(globTest(glob.join(''))(text)).toBe(new RegExp(`^${source}$`, 'su').test(text))
    }),
    { numRuns: 2000 },
  )
})

test('patterns that would explode elsewhere do not', () => {
  expect(regexTest('(a+)+$')(`${'a'.repeat(5000)}b`)).toBe(false)
  expect(globTest('*a*a*a*a*a*b')('a'.repeat(5000))).toBe(false)
})

test('what is not RE2 is told', () => {
  for (const bad of ['(', '(?=x)', '\\1', 'a{2000}', 'x'.repeat(1001)]) expect(regexProblem(bad)).toBeTypeOf('string')
  for (const good of ['', 'a|b', '(?i)x', '\\p{Greek}', '\\bword\\b', '[[:alpha:]]'])
    expect(regexProblem(good)).toBeUndefined()
})

test('folding goes letter by letter, so what is found does not depend on its neighbours', () => {
  expect(fold('ΑΣ ΑΣΑ İ Ǆ')).toBe('ασ ασα i ǆ')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(fold(a + b)).toBe(fold(a) + fold(b))
      expect(likeText(fold(b))(a + b + a)).toBe(true)
    }),
  )
})

test('the nearest known name', () => {
  const names = ['count', 'sum', 'avg', 'stddev', 'quantile', 'histogram']
  expect(['cuont', 'coun', 'COUNT', 'suum', 'stdev', 'quantil', 'histgram'].map(word => nearest(word, names))).toEqual([
    'count',
    'count',
    'count',
    'sum',
    'stddev',
    'quantile',
    'histogram',
  ])
  expect(nearest('xyz', names)).toBeUndefined()
  expect(nearest('x'.repeat(10_000), names)).toBeUndefined()
})
