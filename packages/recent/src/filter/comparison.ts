import { COMPARISONS, type Expression } from '@telltale/query'
import { numbersOf } from '../numeric.ts'
import type { Condition } from './condition.ts'

/** A comparison of calculations with each other or with a number: row by row over doubles. undefined where it is none. */
export function comparison({ op, left, right }: Expression & { kind: 'compare' }): Condition | undefined {
  if (!isNumeric(left) || !isNumeric(right)) return undefined
  const a = numbersOf(left)
  const b = numbersOf(right)
  const { holds } = COMPARISONS[op]
  return chunk => mask => {
    const x = a(chunk, mask)
    const y = b(chunk, mask)
    for (let row = 0; row < mask.length; row++) {
      const p = x[row]!
      const q = y[row]!
      if (p !== p || q !== q || !holds(p === q ? 0 : p < q ? -1 : 1)) mask[row] = 0
    }
  }
}

/** Whether it is a number or missing, whatever the event. */
function isNumeric(node: Expression): boolean {
  return node.kind === 'arithmetic' || (node.kind === 'literal' && typeof node.value === 'number')
}
