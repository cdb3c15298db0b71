import { worked } from '@telltale/query'
import type { Chunk } from '../chunk.ts'

/**
 * Clears the mark of every row of a chunk for which a condition is false. Rows not marked (0) stay so; a marked row (1)
 * may be looked at, another need not.
 */
export type Narrow = (mask: Uint8Array) => void

/**
 * A part of a filter, made once per query. Asked of a chunk it says `never` or `always` where no row needs to be
 * looked at, else how to narrow down the chunk's rows.
 */
export type Condition = (chunk: Chunk) => Narrow | 'never' | 'always'

export function and(items: readonly Condition[]): Condition {
  return chunk => {
    const narrows: Narrow[] = []
    for (const item of items) {
      const narrow = item(chunk)
      if (narrow === 'never') return 'never'
      if (narrow !== 'always') narrows.push(narrow)
    }
    if (narrows.length === 0) return 'always'
    return mask => {
      for (const narrow of narrows) {
        worked(mask.length >> 6)
        narrow(mask)
      }
    }
  }
}

export function or(items: readonly Condition[]): Condition {
  return chunk => {
    const narrows: Narrow[] = []
    for (const item of items) {
      const narrow = item(chunk)
      if (narrow === 'always') return 'always'
      if (narrow !== 'never') narrows.push(narrow)
    }
    if (narrows.length === 0) return 'never'
    if (narrows.length === 1) return narrows[0]!
    return mask => {
      const left = mask.slice()
      const mine = new Uint8Array(mask.length)
      for (const narrow of narrows) {
        worked(mask.length >> 6)
        mine.set(left)
        narrow(mine)
        for (let i = 0; i < mine.length; i++) left[i]! ^= mine[i]!
      }
      for (let i = 0; i < mask.length; i++) mask[i]! ^= left[i]!
    }
  }
}

export function not(item: Condition): Condition {
  return chunk => {
    const narrow = item(chunk)
    if (narrow === 'never') return 'always'
    if (narrow === 'always') return 'never'
    return mask => {
      const mine = mask.slice()
      narrow(mine)
      for (let i = 0; i < mine.length; i++) mask[i]! ^= mine[i]!
    }
  }
}
