import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Distinct, FEW } from './distinct.ts'
import { hashText, mix, unmix, WORDS, wordsOf } from './hash.ts'
import { fromIdentity, identityOf } from './identity.ts'
import { run } from './steps.ts'

type Value = string | number | boolean

function distinct(values: Iterable<Value>, most?: number): Distinct {
  const state = new Distinct(most)
  for (const value of values) {
    if (typeof value === 'number') state.addNumber(value)
    else state.add(value)
  }
  return state
}

function* users(from: number, to: number): Generator<string> {
  for (let i = from; i < to; i++) yield `user${i}`
}

/** What is in it, in an order of its own. */
function held(state: Distinct): unknown {
  const plain = state.toJSON()
  if ('ranks' in plain) return plain
  const pairs = plain.words.flatMap((low, i) => (i % 2 === 0 ? [`${plain.words[i + 1]} ${low}`] : []))
  return { most: plain.most, pairs: pairs.sort() }
}

const merged = (a: Distinct, b: Distinct): Distinct => run(Distinct.joining([a, b]))

const SOME = fc.oneof(
  fc.integer({ min: -5, max: 3000 }),
  fc.integer({ min: 0, max: 2 ** 22 + 5 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
  fc.boolean(),
)

test('exact up to the bound, within 5 % (three standard errors) after it', () => {
  expect(distinct(users(0, FEW), FEW).size).toBe(FEW)
  for (const n of [FEW + 1, 2000, 10_000, 50_000, 200_000]) {
    expect(Math.abs(distinct(users(0, n), FEW).size / n - 1)).toBeLessThan(0.05)
    expect(distinct(users(0, n)).size).toBe(n)
  }
})

test('values differ where their types do; 0 and -0 are one', () => {
  expect(distinct([0, -0, 1, '1', true, 'true', '', false, 5e-324, 1e308, '0', 4194303, 4194304]).size).toBe(12)
})

test('counts what a Set counts, whatever is kept as bits, and gives each value back once', () => {
  fc.assert(
    fc.property(fc.array(SOME, { maxLength: 3000, size: 'max' }), fc.nat(20_000), (values, more) => {
      const all = [...values, ...Array.from({ length: more }, (_, i) => i * 3)]
      const state = distinct(all)
      const once = new Set(all.map(value => (value === 0 ? 0 : value)))
      expect(state.size).toBe(once.size)
      const words = [...once].map(value => {
        wordsOf(value)
        return `${WORDS[0]} ${WORDS[1]}`
      })
      expect(held(state)).toMatchObject({ pairs: words.sort() })
      expect(held(state.copy())).toEqual(held(state))
      expect(held(Distinct.of(JSON.parse(JSON.stringify(state))))).toEqual(held(state))
    }),
    { numRuns: 60 },
  )
})

test('merging is counting together, in any order, whichever of the two forms the sides have', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(SOME, { maxLength: 1500, size: 'max' }), { minLength: 1, maxLength: 4 }),
      fc.nat(3000),
      fc.constantFrom(FEW, 1 << 20),
      (parts, dense, most) => {
        parts[0]!.push(...Array.from({ length: dense }, (_, i) => i))
        const states = parts.map(part => distinct(part, most))
        const before = states.map(held)
        const all = held(distinct(parts.flat(), most))
        expect(held(states.reduce(merged))).toEqual(all)
        expect(held(states.reduceRight(merged))).toEqual(all)
        expect(held(run(Distinct.joining(states)))).toEqual(all)
        // As it comes from SQL, and out of a snapshot.
        const plain = states.map(state => Distinct.of(JSON.parse(JSON.stringify(state))))
        expect(held(plain.reduce(merged))).toEqual(all)
        expect(states.map(held)).toEqual(before)
      },
    ),
    { numRuns: 60 },
  )
})

test('an estimate is what a smaller bound would have come to', () => {
  for (const n of [FEW + 1, 5000, 100_000])
    expect(run(distinct(users(0, n)).estimating()).size).toBe(distinct(users(0, n), FEW).size)
})

test('more than it may hold is estimated, without a pause to count', () => {
  const state = distinct(users(0, 3000), 2000)
  expect(state.isExact).toBe(false)
  expect(state.size).toBe(distinct(users(0, 3000), FEW).size)
  expect(merged(distinct(users(0, 1500), 2000), distinct(users(1000, 2500), 2000)).isExact).toBe(false)
  expect(merged(distinct(users(0, 1500), 2000), distinct(users(500, 2000), 2000)).size).toBe(2000)
})

test('hashes are those of ClickHouse', () => {
  // SELECT xxHash32(s), murmurHash3_32(s)
  expect(hashText('')).toEqual([46947589, 0])
  expect(hashText('sabc')).toEqual([2625437645, 3502905930])
  expect(hashText('s0123456789abcdef0123456789')).toEqual([588561929, 2701807883])
  expect(hashText('süß')).toEqual([3438052952, 2785618077])
  // What uniqCombined64State(reinterpretAsUInt64(x)) holds.
  const hashes = [0, -0, 1, 1.5, -2, 5e-324, 1e308].map(value => {
    wordsOf(value)
    const [high, low] = WORDS
    mix(high!, low!)
    const text = [...WORDS].map(word => word.toString(16).padStart(8, '0')).join('')
    unmix(WORDS[0]!, WORDS[1]!)
    expect([...WORDS]).toEqual([high, low])
    return text
  })
  expect(hashes).toEqual([
    '0000000000000000',
    '0000000000000000',
    'ae98ebe19cceb2b2',
    '885dcc874e75b6f0',
    'ac5872eebc3b5e65',
    'b456bcfc34c2cb2c',
    '00eb39cb832aab6f',
  ])
})

test('identities tell types apart and give the value back', () => {
  for (const value of [0, 1, -1.5, 5e-324, 1e308, '', '1', 'b1', 'ü😀', true, false, null]) {
    expect(fromIdentity(identityOf(value))).toBe(value)
  }
  expect(identityOf(-0)).toBe(identityOf(0))
  expect(identityOf(1)).toBe('n3FF0000000000000')
  expect(new Set([1, '1', true, 'true', 'n3FF0000000000000'].map(identityOf)).size).toBe(5)
})
