import { readMoment } from './moment.ts'
import type { Place } from './names.ts'
import type { Expression, Field, Literal } from './tree.ts'

/** What a field holds for certain; undefined where any event may differ. */
export type Kind = Extract<Place, { kind: 'top' }>['type'] | undefined

/**
 * The expression with every literal as the field it is compared with needs it: its text against fields that are always
 * strings (`type = 404`), ms against times (`time > 2026-11-22T10:00Z`). Evaluators need no rule for that then.
 */
export function typed(node: Expression, kindOf: (field: Field) => Kind): Expression {
  const inner = (item: Expression): Expression => typed(item, kindOf)
  switch (node.kind) {
    case 'compare': {
      const left = inner(node.left)
      const right = inner(node.right)
      return { ...node, left: fitted(left, right, kindOf), right: fitted(right, left, kindOf) }
    }
    case 'in': {
      const left = inner(node.left)
      return { ...node, left, values: node.values.map(value => fitted(value, left, kindOf) as Literal) }
    }
    case 'glob':
    case 'regex':
      return { ...node, left: inner(node.left) }
    case 'and':
    case 'or':
      return { ...node, items: node.items.map(inner) }
    case 'not':
      return { ...node, item: inner(node.item) }
    case 'arithmetic':
      return { ...node, left: inner(node.left), right: inner(node.right) }
    default:
      return node
  }
}

function fitted(node: Expression, other: Expression, kindOf: (field: Field) => Kind): Expression {
  if (node.kind !== 'literal' || other.kind !== 'field') return node
  const kind = kindOf(other)
  if (kind === 'string' || kind === 'strings') return { ...node, value: node.text }
  const ms = kind === 'time' && typeof node.value === 'string' ? readMoment(node.value) : undefined
  return ms === undefined ? node : { ...node, value: ms }
}
