import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addToSketch,
  BEYOND,
  BUCKETS,
  bucketMiddle,
  bucketOf,
  FIRST_CODE,
  mergeAllSketches,
  mergeSketches,
  newSketch,
  quantileOf,
  type Sketch,
  sketchOfCodes,
  sketchOfLevels,
} from './sketch.ts'
import { SketchCounts } from './sketch-counts.ts'

const normal = fc.double({ noNaN: true, noDefaultInfinity: true }).filter(x => x === 0 || Math.abs(x) > 2.3e-308)

test('many merged at once are what they are one by one', () => {
  const few = fc.array(fc.oneof(normal, fc.double({ min: 0.1, max: 50, noNaN: true })), { maxLength: 6 })
  const narrow = fc.array(fc.double({ min: 0.1, max: 50, noNaN: true }), { maxLength: 6 })
  fc.assert(
    fc.property(fc.array(fc.oneof(few, narrow), { minLength: 2, maxLength: 8 }), parts => {
      const sketches = parts.map(values => {
        const sketch = newSketch()
        for (const value of values) addToSketch(sketch, value)
        return sketch
      })
      const before = JSON.stringify(sketches)
      expect(mergeAllSketches(sketches)).toEqual(sketches.reduce(mergeSketches))
      expect(JSON.stringify(sketches)).toBe(before)
    }),
  )
})

test('a bucket’s middle is within 1/256 of every value in it', () => {
  fc.assert(
    fc.property(normal, x => {
      const bucket = bucketOf(x)
      expect(bucket).toBeGreaterThanOrEqual(-BUCKETS)
      expect(bucket).toBeLessThan(BUCKETS)
      expect(Math.abs(bucketMiddle(bucket) - x)).toBeLessThanOrEqual(Math.abs(x) / 256)
    }),
  )
})

test('a quantile is within 1/256 of the value of that rank', () => {
  fc.assert(
    fc.property(fc.array(normal, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const found = quantileOf(sketchOf(values), q)!
      const sorted = values.toSorted((a, b) => a - b)
      const exact = sorted[Math.max(1, Math.ceil(Number((q * values.length).toPrecision(14)))) - 1]!
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) / 256)
    }),
  )
})

test('counted in bulk, one by one or in parts, the sketch is the same', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noDefaultInfinity: true })), fc.nat(100), (values, cut) => {
      const numbers = values.filter(x => !Number.isNaN(x))
      const expected = plain(sketchOf(numbers))
      const bulk = new SketchCounts()
      for (const half of [numbers.slice(0, cut), numbers.slice(cut)]) addTogether(bulk, half)
      expect(plain(bulk.sketch())).toEqual(expected)
      const single = new SketchCounts()
      for (const value of values) single.add(value)
      expect(plain(single.sketch())).toEqual(expected)
      expect(plain(mergeSketches(sketchOf(numbers.slice(cut)), sketchOf(numbers.slice(0, cut))))).toEqual(expected)
    }),
  )
})

test('ranks of exact shares do not slip', () => {
  const hundred = sketchOf(Array.from({ length: 100 }, (_, i) => i + 1))
  expect(quantileOf(hundred, 0.07)).toBeCloseTo(7, 1)
  expect(quantileOf(hundred, 0.99)).toBe(bucketMiddle(bucketOf(99)))
})

function sketchOf(values: readonly number[]): Sketch {
  const sketch = newSketch()
  for (const value of values) addToSketch(sketch, value)
  return sketch
}

/** −0 and 0 are one. */
function plain(sketch: Sketch): unknown {
  return JSON.parse(JSON.stringify(sketch))
}

/** Counts numbers by bucket first, then hands on the counts at once. */
function addTogether(sketch: SketchCounts, numbers: readonly number[]): void {
  if (numbers.length === 0) return
  const buckets = numbers.map(bucketOf)
  const low = Math.min(...buckets)
  const counts = new Uint32Array(Math.max(...buckets) - low + 1)
  for (const bucket of buckets) counts[bucket - low]!++
  sketch.addCounts(low, counts, Math.min(...numbers), Math.max(...numbers))
}

/** As SQL makes it, see aggregates/quantile.ts. */
function codeOf(value: number): number {
  const distance = bucketOf(value) - FIRST_CODE
  return value === 0 ? 0 : distance < 1 || distance >= BEYOND ? BEYOND : distance
}

test('codes make the sketch that the numbers make, and those at some levels its quantiles', () => {
  const number = fc.oneof(
    fc.constantFrom(0, -0, 1, 2 ** -255, 2 ** -256, 1e-300, 2 ** 254.9, 2 ** 255, -3, 1e308),
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    fc.integer({ min: 0, max: 100 }),
  )
  let told = 0
  fc.assert(
    fc.property(
      fc.array(number, { maxLength: 40 }),
      fc.uniqueArray(fc.constantFrom(0, 0.07, 0.5, 0.95, 0.99, 1)),
      (values, levels) => {
        const sketch = newSketch()
        for (const value of values) addToSketch(sketch, value)
        const codes = Uint16Array.from(values, codeOf)
        const { n, min, max } = sketch
        const found = sketchOfCodes(codes, min, max)
        codes.sort()
        const at = [...levels, 1].map(
          level => codes[Math.max(1, Math.ceil(Number((level * n).toPrecision(14)))) - 1] ?? 0,
        )
        const few = sketchOfLevels(n, levels, Uint16Array.from(at), min, max)
        if (found === undefined) {
          expect(
            codes.some(code => code === BEYOND) || min < 0 || (min > 0 && min < 2 ** -255) || max >= 2 ** 255,
          ).toBe(true)
          expect(few).toBe(undefined)
          return
        }
        told++
        expect(found).toEqual(sketch)
        expect(levels.map(level => quantileOf(few!, level))).toEqual(levels.map(level => quantileOf(sketch, level)))
      },
    ),
    { numRuns: 2000 },
  )
  expect(told).toBeGreaterThan(200)
  // Nothing is left over from one to the next.
  expect(sketchOfCodes(Uint16Array.of(codeOf(1)), 1, 1)).toMatchObject({ n: 1, counts: [1] })
})
