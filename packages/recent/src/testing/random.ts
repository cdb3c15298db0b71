import type { EventInput } from '@telltale/event'
import fc from 'fast-check'

/** Random events and queries that meet each other: few names, few values, every type, and what is awkward about JSON. */

/** What queries compare with; events mostly have the same. */
const TEXTS = ['a', 'b', 'slow a', 'Ünï', '404', '']
const NUMBERS = [0, 1, 404, 500, 0.1, -7, -1.5]

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  fc.constantFrom(null, true, false, 'A', 'é😀', '\uff5e'),
  fc.constantFrom(-0, 2, 1e300, 2 ** 53),
  fc.constantFrom([], {}, [1, 'a', [2]], ['a', 'b'], [404], [null, true], [{ a: 1 }, 'slow']),
  fc.integer({ min: -3, max: 300 }),
  fc.integer({ min: 0, max: 100_000 }).map(n => n / 1e4),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
)
const NAMES = ['x', 'y', 'x.y', 'status', 'url', 'n', '__proto__', 'constructor']
const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.string({ maxLength: 2 }) },
)
const { info } = fc.letrec<{ info: object; value: unknown }>(tie => ({
  info: fc
    .array(fc.tuple(key, tie('value')), { minLength: 1, maxLength: 6 })
    .map(entries => Object.fromEntries(entries)),
  value: fc.oneof({ weight: 5, arbitrary: scalar }, { weight: 1, arbitrary: tie('info') }),
}))

export const event: fc.Arbitrary<EventInput> = fc.record({
  type: fc.constantFrom('a', 'b', '404', 'ü'),
  hostname: fc.constantFrom('dc0-web01', 'dc1-web01'),
  time: fc.oneof(
    fc.integer({ min: 0, max: 20 }).map(i => 1e12 + i * 30_000),
    fc.integer({ min: 0, max: 600_000_000 }).map(us => 1e12 + us / 1e3),
  ),
  tags: fc.uniqueArray(fc.constantFrom('slow', 'web', 'db', 'A'), { maxLength: 2 }),
  md5: fc.constantFrom('', 'aa', 'bb'),
  additional_info: info,
}) as fc.Arbitrary<EventInput>

const field = fc.constantFrom(
  ...['x', 'y', 'x.y', 'status', 'url', 'n', 'none', 'type', 'hostname', 'tags', 'md5', 'time', 'received_at', 'seq'],
  ...['collector', 'additional_info.type', 'additional_info.x'],
)
const literal = fc.constantFrom(
  ...NUMBERS.map(String),
  ...TEXTS.map(text => JSON.stringify(text)),
  'true',
  '1000000090000',
  'aa',
  'slow',
)
const op = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
const sum = fc
  .tuple(
    fc.constantFrom('n', 'x', 'status', 'time'),
    fc.constantFrom('+', '-', '*', '/', '%'),
    fc.constantFrom('1', '2', 'n', 'y', '0'),
  )
  .map(t => t.join(' '))
const { filter, leaf } = fc.letrec<{ filter: string; leaf: string }>(tie => ({
  leaf: fc.oneof(
    fc.tuple(field, op, literal).map(t => t.join(' ')),
    fc.tuple(literal, op, field).map(([l, o, f]) => `${l} ${o} \`${f}\``),
    fc.tuple(fc.oneof(sum, field), op, fc.oneof(field, sum, fc.constant('3'))).map(t => t.join(' ')),
    fc.tuple(field, fc.array(literal, { minLength: 1, maxLength: 3 })).map(([f, l]) => `${f} in (${l.join(', ')})`),
    fc
      .tuple(field, fc.constantFrom('"*a*"', '"a*"', '"*low*"', '"?"', '"*"', '"dc0-*"', '"*é*"', '"4?4"'))
      .map(([f, g]) => `${f} ~ ${g}`),
    fc.tuple(field, fc.constantFrom('/a/', '/^4/', '/(?i)SLOW/', '/b$/')).map(([f, r]) => `${f} ~ ${r}`),
    field.map(f => `has ${f}`),
    fc.constantFrom('tag:slow', 'tag:A', 'tag:none'),
    fc.constantFrom('slow', '"a"', 'ÜNÏ', '404', '"1"', 'status', '"."', 'true', 'web01', '"😀"', '"x"'),
  ),
  filter: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    tie('leaf'),
    fc.tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter')).map(([a, o, b]) => `(${a} ${o} ${b})`),
    tie('filter').map(f => `not (${f})`),
  ),
}))

/** A condition of one kind, alone: what it means shows. */
export const condition: fc.Arbitrary<string> = leaf

const argument = fc.oneof(field, sum)
const aggregate = fc.oneof(
  fc.constantFrom('count()', 'rate(1m)'),
  fc
    .tuple(
      fc.constantFrom(
        'sum',
        'avg',
        'min',
        'max',
        'stddev',
        'p50',
        'p99',
        'histogram',
        'count',
        'uniq',
        'first',
        'last',
        'top',
      ),
      argument,
    )
    .map(([fn, a]) => `${fn}(${a})`),
  filter.map(f => `countif(${f})`),
)
const key2 = fc.oneof({ weight: 3, arbitrary: field }, { weight: 1, arbitrary: fc.constant('named') })

/** Texts; some are no query, which whoever uses them must skip. */
export const query: fc.Arbitrary<string> = fc
  .record({
    filter: fc.option(filter),
    set: fc.option(fc.oneof(sum, filter, field)),
    aggregates: fc.uniqueArray(aggregate, { minLength: 1, maxLength: 3 }),
    by: fc.uniqueArray(key2, { maxLength: 3 }),
    window: fc.option(fc.constantFrom('1m', '1h', '1d', '30s')),
    grouped: fc.boolean(),
    limit: fc.option(fc.integer({ min: 0, max: 10 })),
    sort: fc.option(fc.constantFrom('n', 'x desc', 'time', 'seq')),
  })
  .map(({ filter, set, aggregates, by, window, grouped, limit, sort }) => {
    const stages = [filter ?? '']
    if (set !== null) stages.push(`set named = ${set}`)
    const keys = [...by.filter(k => k !== 'named' || set !== null), ...(window === null ? [] : [window])]
    if (grouped) stages.push(aggregates.join(', ') + (keys.length > 0 ? ` by ${keys.join(', ')}` : ''))
    else if (sort !== null) stages.push(`sort ${sort}`)
    if (limit !== null) stages.push(`limit ${limit}`)
    return stages.filter((stage, i) => i > 0 || stage !== '').join(' | ')
  })
