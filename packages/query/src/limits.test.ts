import type { Event } from '@telltale/event'
import { expect, test } from 'vitest'
import { check, evaluate, finish, LIMITS, limited, parse, type Query, TooMuch } from './index.ts'

const EVERYTHING = { from: 0, to: 9e12 }

function queryOf(text: string): Query {
  const { query, error } = parse(text)
  if (query === undefined) throw new Error(error.message)
  return query
}

function events(n: number): Event[] {
  return Array.from({ length: n }, (_, i) => ({
    type: 't',
    hostname: 'h',
    time: i * 1000,
    received_at: i * 1000,
    tags: [],
    md5: '',
    additional_info: { id: i, text: 'aaaaaaaaaaaaaaaaaaaaaaaa' },
    seq: i + 1,
    collector: 'c',
  }))
}

function ask(text: string, n: number, limits = LIMITS): number {
  const query = queryOf(text)
  return limited(limits, () => finish(query, evaluate(query, events(n), EVERYTHING), EVERYTHING).rows.length)
}

test('more groups than allowed are refused with what to do', () => {
  expect(ask('* | count() by id', 500, { ms: 60_000, cells: 1000 })).toBe(500)
  expect(() => ask('* | count() by id', 501, { ms: 60_000, cells: 1000 })).toThrow('more than 500 groups: group by')
  expect(() => ask('* | sum(id), max(id) by id, 1s', 300, { ms: 60_000, cells: 1000 })).toThrow('more than 250 groups')
  const sliding = queryOf('* | count() over 1000s every 1s')
  const few = evaluate(sliding, events(10), EVERYTHING)
  expect(finish(sliding, few).rows.length).toBe(1009)
  expect(() => limited({ ms: 60_000, cells: 1000 }, () => finish(sliding, few))).toThrow('more than 500 groups')
})

test('what takes too long is refused, and the next query is none the worse', () => {
  const ids = Array.from({ length: 200 }, (_, i) => `id + ${i} > 1e9`).join(' or ')
  expect(() => ask(ids, 5000, { ms: 0, cells: 1e6 })).toThrow(TooMuch)
  expect(ask('id < 10', 100)).toBe(10)
})

test('limits hold for the call only, and an inner one does not lift the outer', () => {
  expect(() => limited({ ms: 60_000, cells: 10 }, () => ask('* | count() by id', 11, { ms: 1, cells: 5 }))).toThrow()
  const query = queryOf('* | count() by id')
  expect(evaluate(query, events(3000), EVERYTHING).scanned).toBe(3000)
})

test('a window over many panes costs each pane a few merges', () => {
  expect(ask('* | p99(id) over 1000s every 1s', 3000)).toBe(3000)
})

/** As the law has it: each window's panes, one by one. */
test('sliding windows hold what is in their panes', () => {
  const query = queryOf('* | sum(id), count(), first(id), last(id) over 7s every 1s')
  const given = events(60).filter(({ seq }) => (seq! * 7919) % 5 < 2)
  const { rows } = finish(query, evaluate(query, given, EVERYTHING), { from: Number.NEGATIVE_INFINITY, to: 9e12 })
  const expected: unknown[] = []
  for (let end = 0; end < 80_000; end += 1000) {
    const ids = given
      .filter(({ time }) => time >= end - 7000 && time < end)
      .map(({ additional_info }) => additional_info['id'] as number)
    if (ids.length > 0) expected.push([end, ids.reduce((a, b) => a + b), ids.length, ids[0], ids.at(-1)])
  }
  expect(rows).toEqual(expected)
})

test.each([
  ['keys', `* | count() by ${Array.from({ length: 51 }, (_, i) => `k${i}`).join(', ')}`, 'found 51 keys'],
  ['columns to sort by', `* | sort ${Array(51).fill('a').join(', ')}`, 'found 51 columns to sort by'],
  [
    'regular expressions',
    Array.from({ length: 20 }, (_, i) => `s ~ /${i}x{999}/`).join(' or '),
    'regular expressions of',
  ],
  ['one regular expression', `s ~ /${'\\pL{999}'.repeat(100)}/`, 'regular expressions of'],
  ['a glob', `s ~ "${'*a?'.repeat(500)}"`, 'a glob of 1500 characters'],
])('bounded: %s', (_, text, says) => {
  expect(parse(text).error?.message).toContain(says)
})

test('messages stay short whatever the query', () => {
  const long = 'x'.repeat(60_000)
  for (const text of [
    `* | count() as ${long} | sort y`,
    `${long}: 5`,
    `a + ${long} ${long}`,
    `* | count() | where "${long}"`,
    `* | set a = "${long}" | where "${long}"`,
  ]) {
    const { error } = parse(text)
    expect((error?.message.length ?? 0) + (error?.hint?.length ?? 0)).toBeLessThan(1000)
  }
})

test('a tree of any depth is refused, not descended into', () => {
  let filter: Query['filter'] = { kind: 'tag', tag: 'x' }
  for (let i = 0; i < 100_000; i++) filter = { kind: 'not', item: filter! }
  expect(check({ kind: 'query', filter: filter!, set: [], aggregates: [], by: [], sort: [] })?.message).toContain(
    'levels',
  )
})
