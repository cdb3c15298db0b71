import { COMPARISONS, type Expression } from '@telltale/query'
import { numbersOf } from '../numeric.ts'
import type { Scratch } from '../scratch.ts'
import type { Condition } from './condition.ts'

/** A comparison of calculations with each other or with a number: row by row over doubles. undefined where it is none. */
export function comparison(
  { op, left, right }: Expression & { kind: 'compare' },
  scratch: Scratch,
): Condition | undefined {
  if (!isNumeric(left) || !isNumeric(right)) return undefined
  const a = numbersOf(left, scratch)
  const b = numbersOf(right, scratch)
  const { holds } = COMPARISONS[op]
  // biome-ignore lint/correctness/useYield: nothing to do before a mask is there
  return function* (chunk) {
    return function* (mask) {
      const x = yield* a(chunk, mask)
      const y = yield* b(chunk, mask)
      compareAll(x, y, holds, mask)
    }
  }
}

function compareAll(x: Float64Array, y: Float64Array, holds: (order: number) => boolean, mask: Uint8Array): void {
  for (let row = 0; row < mask.length; row++) {
    const p = x[row]!
    const q = y[row]!
    if (p !== p || q !== q || !holds(p === q ? 0 : p < q ? -1 : 1)) mask[row] = 0
  }
}

/** Whether it is a number or missing, whatever the event. */
function isNumeric(node: Expression): boolean {
  return node.kind === 'arithmetic' || (node.kind === 'literal' && typeof node.value === 'number')
}
