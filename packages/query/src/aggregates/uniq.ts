import type { Aggregate, SqlArgument } from '../aggregate.ts'
import { Distinct, FEW, type SqlDistinct, VALUES } from '../distinct.ts'
import { SQL_INDEX_BITS } from '../registers.ts'
import { run } from '../steps.ts'

/** @param most values that a group holds */
function upTo(most: number): Aggregate<Distinct> {
  return {
    name: 'uniq',
    params: [{ name: 'x', kind: 'value' }],
    doc: `How many different values there are (1 and "1" differ): exact while the groups of more than ${FEW} values have no more than ${VALUES.toLocaleString('en')} together (in windows that slide: up to ${FEW}), then a HyperLogLog estimate with a standard error of 1.6 %.`,
    example: 'type = page_load | uniq(user_id) by 1h',
    type: 'number',
    family: 'uniq',
    init: () => new Distinct(most),
    add(state, value) {
      const distinct = Distinct.of(state)
      distinct.add(value!)
      return distinct
    },
    merge: (a, b) => run(Distinct.joining([Distinct.of(a), Distinct.of(b)])),
    merging: (a, b) => Distinct.joining([Distinct.of(a), Distinct.of(b)]),
    mergeAll: states => run(Distinct.joining(states.map(Distinct.of))),
    result: state => Distinct.of(state).size,
    sql: argument => [stateSql(argument, most)],
    fromSql: ([state]) => Distinct.fromSql(state as SqlDistinct, most),
  }
}

function stateSql({ words, there, different, distinct }: SqlArgument, most: number): string {
  if (most === FEW || distinct === 'estimated')
    return `uniqCombined64StateIf(${SQL_INDEX_BITS})(assumeNotNull(${words}), ${there})`
  const [suffix, also] = there === '1' ? ['', ''] : ['If', `, ${there}`]
  if (distinct === 'counted') return `uniqExact${suffix}(${different}${also})`
  return `uniqExactState${suffix}(assumeNotNull(${words})${also})`
}

export const uniq: Aggregate<Distinct> = {
  ...upTo(VALUES),
  held(state) {
    const { isExact, size } = Distinct.of(state)
    if (!isExact) return Number.POSITIVE_INFINITY
    return size > FEW ? size : 0
  },
  estimating(state) {
    const distinct = Distinct.of(state)
    return distinct.isExact && distinct.size <= FEW ? undefined : distinct.estimating()
  },
  sliding: upTo(FEW),
}
