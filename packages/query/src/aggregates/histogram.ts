import type { Aggregate } from '../aggregate.ts'
import { bucketFloor, type Sketch } from '../sketch.ts'
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
  result({ buckets, counts }) {
    const bars: [number, number, number][] = []
    let last: number | undefined
    buckets.forEach((bucket, i) => {
      // Rounds down for negative buckets too, which count from −1.
      const bar = bucket >> COARSE
      if (bar === last) bars.at(-1)![2] += counts[i]!
      else bars.push([...edges(bar), counts[i]!])
      last = bar
    })
    return bars
  },
}

/** The lower and the upper end. Zero has a bar of its own. */
function edges(bar: number): [number, number] {
  if (bar >= 0) return bar === 0 ? [0, 0] : [bucketFloor(bar << COARSE), bucketFloor((bar + 1) << COARSE)]
  const [near, far] = edges(-1 - bar)
  return [0 - far, 0 - near]
}
