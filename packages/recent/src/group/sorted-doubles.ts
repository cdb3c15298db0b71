import type { Steps } from '@telltale/query'

/** Doubles sorted by one call, and merged in a step. */
const RUN = 1 << 13

/** The same doubles ascending; those given may be used. None may be NaN. */
export function* sortedDoubles(values: Float64Array): Steps<Float64Array> {
  const { length } = values
  for (let start = 0; start < length; start += RUN) {
    values.subarray(start, start + RUN).sort()
    yield
  }
  let from = values
  let to = length > RUN ? new Float64Array(length) : values
  for (let size = RUN; size < length; size *= 2) {
    for (let start = 0; start < length; start += 2 * size) {
      const middle = Math.min(start + size, length)
      yield* joining(from, to, start, middle, Math.min(middle + size, length))
    }
    const next = from
    from = to
    to = next
  }
  return from
}

/** Merges the sorted stretches before and after `middle`. */
function* joining(from: Float64Array, to: Float64Array, start: number, middle: number, end: number): Steps<void> {
  let left = start
  let right = middle
  for (let at = start; at < end; ) {
    for (const stop = Math.min(end, at + RUN); at < stop; at++) {
      const isLeft = right >= end || (left < middle && from[left]! <= from[right]!)
      to[at] = isLeft ? from[left++]! : from[right++]!
    }
    yield
  }
}
