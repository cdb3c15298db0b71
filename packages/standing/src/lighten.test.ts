import { type Distinct, parse, plan } from '@telltale/query'
import { expect, test } from 'vitest'
import { Entry } from './entry.ts'
import { lighten } from './lighten.ts'

const PLAN = plan(parse('* | count(), uniq(user) by host').query!)

function entry(text: string, ...panes: readonly number[]): Entry {
  const one = new Entry({ text, values: [text] })
  for (const [i, n] of panes.entries()) {
    const states = one.pane(i, PLAN, 0)
    for (let user = 0; user < n; user++) (states[1] as Distinct).add(`${text} ${user}`)
  }
  return one
}

test('panes that hold too many values together are estimated, those of few stay exact', () => {
  const few = [entry('a', 100_000, 300), entry('b', 512, 100_000)]
  expect(lighten(PLAN, few)).toBe(false)
  const many = [...few, entry('c', 100_000)]
  expect(lighten(PLAN, many)).toBe(true)
  const sizes = many.flatMap(({ panes }) => panes.map(states => states[1] as Distinct))
  expect(sizes.map(({ isExact }) => isExact)).toEqual([false, true, true, false, false])
  for (const [i, n] of [100_000, 300, 512, 100_000, 100_000].entries())
    expect(Math.abs(sizes[i]!.size / n - 1)).toBeLessThan(0.05)
  expect(lighten(PLAN, many)).toBe(false)
})
