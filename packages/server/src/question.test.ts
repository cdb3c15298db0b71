import { expect, test } from 'vitest'
import { readQuestion } from './question.ts'

const limitOf = (limit: unknown, query = ''): unknown => {
  const question = readQuestion({ query, limit }, 1e12)
  return 'error' in question ? question.error.message : question.query.limit
}

test.each([true, false, [2], ['2'], [], {}, 'abc', '', 0, -1, 1.5, 1e7, '1e7'])('%j is no limit', limit => {
  expect(limitOf(limit)).toBe(`limit must be a whole number from 1 to 1000000, found ${JSON.stringify(limit)}`)
})

test('a limit is a number, or one as text; without one there is a bound', () => {
  expect([limitOf(2), limitOf('2'), limitOf(1e6), limitOf(null), limitOf(undefined)]).toEqual([2, 2, 1e6, 1e4, 1e4])
})

test("of the request's limit and the query's own the smaller counts", () => {
  expect([limitOf(2, '* | limit 5'), limitOf(5, '* | limit 2'), limitOf(undefined, '* | limit 20000')]).toEqual([
    2, 2, 20_000,
  ])
})
