import type { Aggregate } from '../aggregate.ts'
import { bucketFloor, bucketsOf, type Sketch } from '../sketch.ts'
import { sketched } from './quantile.ts'

/** Sketch buckets to one bar: 5 bits of the 7 of mantissa go, so four bars to a doubling. */
const COARSE = 5

export const histogram: Aggregate<Sketch> = {
  ...sketched,
  name: 'histogram',
  params: [{ name: 'x', kind: 'number' }],
  doc: 'How the numbers spread: a list of [from, to, count], four bars to each doubling, empty bars left out.',
  example: 'type = page_load | histogram(execution_time)',
  type: 'json',
  result(sketch) {
    const bars: [number, number, number][] = []
    let last = -1
    for (const bucket of bucketsOf(sketch)) {
      const bar = bucket >>> COARSE
      if (bar === last) bars.at(-1)![2] += sketch.counts[bucket]!
      else bars.push([...edges(bar), sketch.counts[bucket]!])
      last = bar
    }
    return bars
  },
}

/** The lower and the upper end. Zero has a bar of its own. */
function edges(bar: number): [number, number] {
  const near = bucketFloor(bar << COARSE)
  const far = bucketFloor((bar + 1) << COARSE)
  if (near === 0) return [0, 0]
  return near <= far ? [near, far] : [far, near]
}
