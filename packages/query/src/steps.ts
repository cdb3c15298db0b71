import { worked } from './limits.ts'

/**
 * A computation in steps of well under a millisecond each: whoever runs it may do other things between them. Nothing
 * it works on may change meanwhile, but for what it says.
 */
export type Steps<T> = Generator<void, T, void>

/** Runs all steps at once, within the limits there are. */
export function run<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    worked(STEP)
  }
}

/** What a step comes to, in the units of {@link worked}. */
const STEP = 64

/** Items sorted by one call; more are sorted so many at a time, then merged. */
const RUN = 512
/** Comparisons to a step. */
const COMPARED = 2048

/** The items sorted as `toSorted` does, stable too. The array given may be used. */
export function* sorting<T>(items: T[], compare: (a: T, b: T) => number): Steps<T[]> {
  const { length } = items
  if (length <= RUN) return items.sort(compare)
  let from = new Array<T>(length)
  for (let start = 0; start < length; start += RUN) {
    const some = items.slice(start, start + RUN).sort(compare)
    for (let i = 0; i < some.length; i++) from[start + i] = some[i]!
    yield
  }
  if (isSorted(from, compare)) return from
  let to = items
  for (let size = RUN; size < length; size *= 2) {
    for (let start = 0; start < length; start += 2 * size) {
      const middle = Math.min(start + size, length)
      yield* joining(from, to, start, middle, Math.min(middle + size, length), compare)
    }
    const next = from
    from = to
    to = next
  }
  return from
}

/** Whether sorted runs are one. */
function isSorted<T>(items: readonly T[], compare: (a: T, b: T) => number): boolean {
  for (let i = RUN; i < items.length; i += RUN) if (compare(items[i - 1]!, items[i]!) > 0) return false
  return true
}

/** Merges the sorted stretches before and after `middle`. */
function* joining<T>(
  from: readonly T[],
  to: T[],
  start: number,
  middle: number,
  end: number,
  compare: (a: T, b: T) => number,
): Steps<void> {
  // Often all is in order already.
  const whole = middle === end || compare(from[middle - 1]!, from[middle]!) <= 0
  let left = start
  let right = whole ? end : middle
  const leftEnd = whole ? end : middle
  for (let at = start; at < end; ) {
    for (const stop = Math.min(end, at + COMPARED); at < stop; at++) {
      const isLeft = right >= end || (left < leftEnd && compare(from[left]!, from[right]!) <= 0)
      to[at] = isLeft ? from[left++]! : from[right++]!
    }
    yield
  }
}

/** The items offered that come first, at most so many, as {@link sorting} has them. */
export class First<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #most: number
  #kept: T[] = []
  #worst: T | undefined

  constructor(compare: (a: T, b: T) => number, most: number) {
    this.#compare = compare
    this.#most = most
  }

  /** @returns whether it must be {@link cut} before the next */
  offer(item: T): boolean {
    // What equals the worst kept came later, so it is not wanted either.
    if (this.#worst !== undefined && this.#compare(item, this.#worst) >= 0) return false
    return this.#kept.push(item) >= 2 * this.#most + RUN
  }

  /** Lets go of what does not come first. @returns the others, sorted; they are the caller's at the end only */
  *cut(): Steps<T[]> {
    const sorted = yield* sorting(this.#kept, this.#compare)
    if (sorted.length > this.#most) sorted.length = this.#most
    this.#kept = sorted
    this.#worst = sorted.length === this.#most ? sorted[this.#most - 1] : undefined
    return sorted
  }
}
