import { type Expression, fold, likeText } from '@telltale/query'
import { type Condition, or } from './condition.ts'
import { EVERY_NUMBER } from './interval.ts'
import { narrowBy, type ValueTest } from './narrow.ts'
import { ofValue } from './of-value.ts'

/** A text anywhere in the event: all columns are asked, value by distinct value, and the keys. */
export function anywhere(expression: Expression & { kind: 'text' }): Condition {
  const contains = likeText(expression.text)
  const top: ValueTest = { test: value => contains(value as string), numbers: [] }
  const tags: ValueTest = { test: value => (value as string[]).some(contains), numbers: [] }
  const inside: ValueTest = {
    test: ofValue(expression, ''),
    ...(/^[-+.e\d]+$/.test(fold(expression.text))
      ? { numbers: EVERY_NUMBER, number: value => contains(JSON.stringify(value)) }
      : { numbers: [] }),
  }
  const there: ValueTest = {
    test: ofValue({ kind: 'has', field: { kind: 'field', name: 'x' } }, 'x'),
    numbers: EVERY_NUMBER,
    strings: true,
  }
  return chunk => {
    const ways: Condition[] = [
      () => narrowBy(chunk.type, top),
      () => narrowBy(chunk.hostname, top),
      () => narrowBy(chunk.md5, top),
      () => narrowBy(chunk.tags, tags),
    ]
    for (const cells of chunk.columns.values()) {
      const named = cells.path!.keys.some(contains)
      ways.push(() => narrowBy(cells, named ? there : inside))
    }
    return or(ways)(chunk)
  }
}
