import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addToSketch,
  BUCKETS,
  bucketMiddle,
  bucketOf,
  mergeAllSketches,
  mergeSketches,
  newSketch,
  quantileOf,
  type Sketch,
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
