import { type Expression, fold, likeText } from '@telltale/query'
import type { Scratch } from '../scratch.ts'
import { type Condition, or } from './condition.ts'
import { EVERY_NUMBER } from './interval.ts'
import { narrowBy, type ValueTest } from './narrow.ts'
import { ofValue } from './of-value.ts'

/** A text anywhere in the event: all columns are asked, value by distinct value, and the keys. */
export function anywhere(expression: Expression & { kind: 'text' }, scratch: Scratch): Condition {
  const contains = likeText(expression.text)
  const folded = fold(expression.text)
  const strings = ASCII.test(folded) ? { folded } : {}
  const top: ValueTest = { test: value => contains(value as string), numbers: [], ...strings }
  const tags: ValueTest = { test: value => (value as string[]).some(contains), numbers: [] }
  const other = ofValue(expression, '')
  const inside: ValueTest = {
    test: value => (typeof value === 'string' ? contains(value) : other(value)),
    ...strings,
    ...(/^[-+.e\d]+$/.test(folded)
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
      () => narrowBy(chunk.type, top, scratch),
      () => narrowBy(chunk.hostname, top, scratch),
      () => narrowBy(chunk.md5, top, scratch),
      () => narrowBy(chunk.tags, tags, scratch),
    ]
    for (const cells of chunk.columns.values()) {
      const named = cells.path!.keys.some(contains)
      ways.push(() => narrowBy(cells, named ? there : inside, scratch))
    }
    return or(ways)(chunk)
  }
}

/** ASCII, and something of it. */
const ASCII = /^[ -~]+$/
