import { COMPARISONS } from '../operators.ts'
import type { Expression } from '../tree.ts'

/** A condition on one field and constants, for where the field is a number: what `predicate` says, without its detours. */
export function numberTest(node: Expression): (value: number) => boolean {
  if (node.kind === 'in') {
    const wanted = new Set(node.values.map(({ value }) => value))
    return value => wanted.has(value)
  }
  if (node.kind !== 'compare') return () => false
  const { holds } = COMPARISONS[node.op]
  const { left, right } = node
  if (right.kind === 'literal') {
    const { value: b } = right
    return typeof b === 'number' ? a => holds(a === b ? 0 : a < b ? -1 : 1) : () => false
  }
  const a = left.kind === 'literal' ? left.value : null
  return typeof a === 'number' ? b => holds(a === b ? 0 : a < b ? -1 : 1) : () => false
}
