import { expect, test } from 'vitest'
import { AGGREGATES, type AggregateName } from './aggregates.ts'
import { type Build, events, field, has, not, tag, text } from './builder.ts'
import { parse } from './parse.ts'

test.each<[Build, string]>([
  [events, '*'],
  [events.where(field('type').is('exception')), 'type = exception'],
  [events.where('type = 404 or timeout').limit(5), 'type = 404 or timeout | limit 5'],
  [
    events.where(field('type').is('page_load')).count().p99('execution_time').by('url').every('1m'),
    'type = page_load | count(), p99(execution_time) by url, 1m',
  ],
  [
    events
      .where(
        field('a')
          .above(1)
          .and(field('b').in(1, 'x'))
          .or(not(has('c'))),
      )
      .where(tag('slow'))
      .where(text('t o')),
    '(a > 1 and b in (1, x) or not has c) and tag:slow and "t o"',
  ],
  [
    events.set('ms', field('t').times(1000)).where(field('ms').atLeast(5)).sort('ms', 'desc'),
    '* | set ms = t * 1000 | where ms >= 5 | sort ms desc',
  ],
  [
    events
      .latest('24h')
      .sum(field('a').plus(field('b')))
      .as('total')
      .where(field('total').below(5))
      .sort('total'),
    'last 24h | sum(a + b) as total | where total < 5 | sort total',
  ],
  [
    events.countif(field('status').atLeast(500)).rate('1m').quantile('x', 0.42).over('5m', '30s'),
    'countif(status >= 500), rate(1m), quantile(x, 0.42) over 5m every 30s',
  ],
  [events.count().by('host name').every('1d', 'Europe/Berlin'), 'count() by `host name`, 1d in "Europe/Berlin"'],
])('builds %#: %s', (built, written) => {
  expect(built.query).toEqual(parse(written).query)
})

test('says why it is no query', () => {
  expect(() => events.by('url').query).toThrow('by without an aggregate')
  expect(() => events.count().sort('cuont').query).toThrow('did you mean count')
  expect(() => events.count().every('1 minute')).toThrow('expected a duration')
  expect(() => events.where('type = ')).toThrow('expected a field')
  expect(() => events.where('count()')).toThrow('expected a condition')
  expect(() => events.where('x = 1 | count()')).toThrow('expected a condition')
})

test('has a method for every aggregate of the table, and names them all in its type', () => {
  for (const name of AGGREGATES.keys()) expect(events[name as AggregateName]).toBeTypeOf('function')
  const names: Record<AggregateName, 1> = {
    count: 1,
    countif: 1,
    sum: 1,
    avg: 1,
    min: 1,
    max: 1,
    stddev: 1,
    p50: 1,
    p75: 1,
    p90: 1,
    p95: 1,
    p99: 1,
    p999: 1,
    quantile: 1,
    uniq: 1,
    first: 1,
    last: 1,
    top: 1,
    rate: 1,
    histogram: 1,
  }
  expect(Object.keys(names).toSorted()).toEqual([...AGGREGATES.keys()].toSorted())
})

test('a built query is frozen, and its builder can go on', () => {
  const base = events.count()
  expect(Object.isFrozen(base.query.aggregates)).toBe(true)
  expect(base.by('url').query.by).toHaveLength(1)
  expect(base.query.by).toHaveLength(0)
})
