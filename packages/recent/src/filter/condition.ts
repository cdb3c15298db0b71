import type { Steps } from '@telltale/query'
import type { ChunkView } from '../chunk-view.ts'

/**
 * Clears the mark of every row of a chunk for which a condition is false. Rows not marked (0) stay so; a marked row (1)
 * may be looked at, another need not.
 */
export type Narrow = (mask: Uint8Array) => Steps<void>

/**
 * A part of a filter, made once per query. Asked of a chunk it says `never` or `always` where no row needs to be
 * looked at, else how to narrow down the chunk's rows.
 */
export type Condition = (chunk: ChunkView) => Steps<Narrow | 'never' | 'always'>

export function and(items: readonly Condition[]): Condition {
  return function* (chunk) {
    const narrows: Narrow[] = []
    for (const item of items) {
      const narrow = yield* item(chunk)
      if (narrow === 'never') return 'never'
      if (narrow !== 'always') narrows.push(narrow)
    }
    if (narrows.length === 0) return 'always'
    return function* (mask) {
      for (const narrow of narrows) yield* narrow(mask)
    }
  }
}

export function or(items: readonly Condition[]): Condition {
  return function* (chunk) {
    const narrows: Narrow[] = []
    for (const item of items) {
      const narrow = yield* item(chunk)
      if (narrow === 'always') return 'always'
      if (narrow !== 'never') narrows.push(narrow)
    }
    if (narrows.length === 0) return 'never'
    if (narrows.length === 1) return narrows[0]!
    return function* (mask) {
      const left = mask.slice()
      const mine = new Uint8Array(mask.length)
      for (const narrow of narrows) {
        mine.set(left)
        yield* narrow(mine)
        without(left, mine)
        yield
      }
      without(mask, left)
    }
  }
}

export function not(item: Condition): Condition {
  return function* (chunk) {
    const narrow = yield* item(chunk)
    if (narrow === 'never') return 'always'
    if (narrow === 'always') return 'never'
    return function* (mask) {
      const mine = mask.slice()
      yield* narrow(mine)
      without(mask, mine)
    }
  }
}

/** Clears the marks in `some`, which are all in `mask`. */
function without(mask: Uint8Array, some: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i]! ^= some[i]!
}
