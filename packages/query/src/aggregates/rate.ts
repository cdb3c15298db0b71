import type { Aggregate } from '../aggregate.ts'

export const rate: Aggregate<number> = {
  name: 'rate',
  params: [{ name: 'per', kind: 'duration', byDefault: 1000 }],
  doc: 'How many events there are per second, or per the duration given, over the time asked for; null where nothing, such as `last 15m`, says when that begins.',
  example: 'type = gc | rate(1m) by hostname',
  type: 'number',
  family: 'count',
  free: true,
  init: () => 0,
  add: state => state + 1,
  merge: (a, b) => a + b,
  result: (state, [per], span) => (span === undefined || !(span > 0) ? null : (state * per!) / span),
  sql: () => ['count()'],
  fromSql: ([n]) => Number(n),
}
