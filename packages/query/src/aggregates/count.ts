import type { Aggregate, SqlArgument } from '../aggregate.ts'

export const count: Aggregate<number> = {
  name: 'count',
  params: [{ name: 'x', kind: 'value', optional: true }],
  doc: 'How many events there are; with an argument, how many have it.',
  example: 'type = exception | count() by md5',
  type: 'number',
  family: 'count',
  init: () => 0,
  add: state => state + 1,
  merge: (a, b) => a + b,
  result: state => state,
  sql: argument => [counted(argument)],
  sqlResult: counted,
  fromSql: ([n]) => Number(n),
}

function counted({ identity }: SqlArgument): string {
  return identity === '' ? 'count()' : `countIf(isNotNull(${identity}))`
}
