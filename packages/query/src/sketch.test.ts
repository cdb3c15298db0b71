import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addToSketch,
  BUCKETS,
  bucketMiddle,
  bucketOf,
  mergeSketches,
  newSketch,
  quantileOf,
  type Sketch,
} from './sketch.ts'
import { SketchCounts } from './sketch-counts.ts'

const normal = fc.double({ noNaN: true, noDefaultInfinity: true }).filter(x => x === 0 || Math.abs(x) > 2.3e-308)

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
      bulk.addAll(Float64Array.from(values), values.length)
      expect(plain(bulk.sketch())).toEqual(expected)
      const single = new SketchCounts()
      for (const value of values) single.add(value)
      expect(plain(single.sketch())).toEqual(expected)
      expect(plain(mergeSketches(sketchOf(numbers.slice(cut)), sketchOf(numbers.slice(0, cut))))).toEqual(expected)
    }),
  )
})

test('some rows of a column that does not begin its buffer', () => {
  const values = new Float64Array([1, 2, 3, 4, Number.NaN, 6]).subarray(1)
  const counts = new SketchCounts()
  counts.addAll(values, 3, [0, 2, 3])
  expect(plain(counts.sketch())).toEqual(plain(sketchOf([2, 4])))
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
