import { addToSketch, mergeSketches, newSketch, type Sketch } from '@telltale/query'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PaneSketch } from './pane-sketch.ts'
import { RollingSketch } from './rolling.ts'

const value = fc.oneof(fc.integer({ min: -3, max: 30 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
const values = fc.oneof(
  { weight: 4, arbitrary: fc.array(value, { maxLength: 20 }) },
  fc.array(value, { minLength: 200 }),
)

function sketchOf(values: readonly number[]): Sketch {
  const sketch = newSketch()
  for (const value of values) addToSketch(sketch, value)
  return sketch
}

test('a pane noted is the sketch of its values, whenever it is looked at', () => {
  fc.assert(
    fc.property(fc.array(values), parts => {
      const pane = new PaneSketch()
      const all: number[] = []
      for (const part of parts) {
        for (const value of part) pane.add(value)
        all.push(...part)
        expect(pane.plain()).toEqual(sketchOf(all))
      }
    }),
  )
})

test('panes that come and go: what is left is as if they had never been', () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 1 }), fc.infiniteStream(fc.nat(9)), (panes, stream) => {
      const rolling = new RollingSketch()
      const inside: Sketch[] = []
      for (const values of panes) {
        const noted = new PaneSketch()
        for (const value of values) noted.add(value)
        const pane = stream.next().value! < 5 ? noted : sketchOf(values)
        inside.push(pane)
        rolling.add(pane)
        if (stream.next().value! < 5) rolling.subtract(inside.splice(stream.next().value! % inside.length, 1)[0]!)
        rolling.tidy()
        const { n, buckets, counts } = inside.reduce(mergeSketches, newSketch())
        expect({ n: rolling.n, buckets: rolling.buckets, counts: rolling.counts }).toEqual({ n, buckets, counts })
      }
    }),
  )
})
