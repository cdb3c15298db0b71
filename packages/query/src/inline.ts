import type { Assignment, Expression, Field } from './tree.ts'

/** What `set` has named so far: each value speaks of fields of the event only. */
export type Names = ReadonlyMap<string, Expression>

/** The values of `set`, each with the earlier names in it replaced by what they stand for. */
export function namesOf(set: readonly Assignment[]): Names {
  const names = new Map<string, Expression>()
  for (const { name, value } of set) names.set(name, inline(value, names))
  return names
}

/** The expression with every name of `set` replaced by what it stands for. */
export function inline(node: Expression, names: Names): Expression {
  if (names.size === 0) return node
  const inner = (item: Expression): Expression => inline(item, names)
  switch (node.kind) {
    case 'field':
      return names.get(node.name) ?? node
    case 'has':
      return has(node.field, names)
    case 'compare':
    case 'arithmetic':
      return { ...node, left: inner(node.left), right: inner(node.right) }
    case 'in':
    case 'glob':
    case 'regex':
      return { ...node, left: inner(node.left) }
    case 'and':
    case 'or':
      return { ...node, items: node.items.map(inner) }
    case 'not':
      return { ...node, item: inner(node.item) }
    default:
      return node
  }
}

const ONE: Expression = { kind: 'literal', value: 1, text: '1' }

/** A calculation is there where it equals itself; literals and conditions always are. */
function has(field: Field, names: Names): Expression {
  const value = names.get(field.name)
  if (value === undefined) return { kind: 'has', field }
  if (value.kind === 'field') return { kind: 'has', field: value }
  const itself = value.kind === 'arithmetic' ? value : ONE
  return { kind: 'compare', op: '=', left: itself, right: itself }
}

/** How many nodes an expression has, those shared counted each time, and how deep it is. */
export function measure(
  node: Expression,
  known: Map<Expression, { size: number; depth: number }> = new Map(),
): { size: number; depth: number } {
  const before = known.get(node)
  if (before !== undefined) return before
  let size = 1
  let depth = 0
  for (const part of partsOf(node)) {
    const inner = measure(part, known)
    size += inner.size
    depth = Math.max(depth, inner.depth)
  }
  const total = { size, depth: depth + 1 }
  known.set(node, total)
  return total
}

/** The expressions directly inside one. */
export function partsOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case 'compare':
    case 'arithmetic':
      return [node.left, node.right]
    case 'in':
      return [node.left, ...node.values]
    case 'glob':
    case 'regex':
      return [node.left]
    case 'has':
      return [node.field]
    case 'and':
    case 'or':
      return node.items
    case 'not':
      return [node.item]
    default:
      return []
  }
}
