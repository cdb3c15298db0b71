import type { Aggregate } from '../aggregate.ts'
import {
  addDistinct,
  type Distinct,
  distinctFromSql,
  EXACT,
  mergeDistinct,
  newDistinct,
  SQL_INDEX_BITS,
  type SqlDistinct,
  sizeOf,
} from '../distinct.ts'

export const uniq: Aggregate<Distinct> = {
  name: 'uniq',
  params: [{ name: 'x', kind: 'value' }],
  doc: `How many different values there are (1 and "1" differ): exact up to ${EXACT}, then a HyperLogLog estimate with a standard error of 1.6 %.`,
  example: 'type = page_load | uniq(user_id) by 1h',
  type: 'number',
  family: 'uniq',
  init: newDistinct,
  add: (state, value) => addDistinct(state, value!),
  merge: mergeDistinct,
  result: sizeOf,
  sql: ({ hashed }) => [`uniqCombined64StateIf(${SQL_INDEX_BITS})(assumeNotNull(${hashed}), isNotNull(${hashed}))`],
  fromSql: ([state]) => distinctFromSql(state as SqlDistinct),
}
