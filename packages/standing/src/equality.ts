import { type Expression, resolve, type Scalar } from '@telltale/query'

/** A part of a condition that holds only where a field has one of these values. */
export interface Equality {
  readonly field: string
  readonly values: readonly Scalar[]
  /** The condition without it. */
  readonly others: Expression | undefined
}

const INDEXED = new Set(['type', 'hostname', 'md5', 'tags'])

/** What of a condition an index can see to: each alone would do. */
export function equalitiesOf(condition: Expression): Equality[] {
  if (condition.kind !== 'and') return equality(condition, undefined)
  return condition.items.flatMap((item, i) => {
    const items = condition.items.toSpliced(i, 1)
    return equality(item, items.length === 1 ? items[0] : { kind: 'and', items })
  })
}

function equality(node: Expression, others: Expression | undefined): Equality[] {
  if (node.kind === 'tag') return [{ field: 'tags', values: [node.tag], others }]
  const [field, values] =
    node.kind === 'in'
      ? [node.left, node.values.map(({ value }) => value)]
      : node.kind !== 'compare' || node.op !== '='
        ? [undefined, []]
        : node.right.kind === 'literal'
          ? [node.left, [node.right.value]]
          : node.left.kind === 'literal'
            ? [node.right, [node.left.value]]
            : [undefined, []]
  if (field?.kind !== 'field' || values.some(value => value === null)) return []
  const place = resolve(field.name)
  if (place.kind === 'info' || (place.kind === 'top' && !INDEXED.has(place.key))) return []
  return [{ field: place.kind === 'top' ? place.key : `.${place.name}`, values: [...new Set(values)], others }]
}
